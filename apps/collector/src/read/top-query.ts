import { suggestion } from '@trackable/dataset'
import type { Context } from 'hono'
import { type Refusal, refuse } from '../answer.ts'
import type { Asked } from './access.ts'
import { spanOf } from './span.ts'
import { parseCursor, type TopQuery } from './top.ts'
import { rankedField } from './top-ranks.ts'
import { storedParent } from './totals.ts'

const USUAL = 20
const MOST = 1000

/** What `?field=&grain=&from=&to=&limit=&cursor=` ask for beyond dataset, fields and dimensions. */
export function topQuery(c: Context, asked: Asked, now: number): TopQuery | Refusal {
  const { dataset, by } = asked
  const field = c.req.query('field') ?? ''
  if (!Object.hasOwn(dataset.fields, field)) {
    return refuse('malformed', `no field "${field}"; ${suggestion(field, Object.keys(dataset.fields))}`)
  }
  if (!rankedField(dataset, field)) {
    return refuse('malformed', `field "${field}" has no one number to put parents in order by`)
  }
  const limit = Number(c.req.query('limit') ?? USUAL)
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
    return refuse(
      'malformed',
      `limit is "${c.req.query('limit')}"; expected a whole number from 1 to ${MOST}`,
    )
  }
  const spanned = ['grain', 'from', 'to'].some((name) => c.req.query(name) !== undefined)
  const span = spanned ? spanOf(c, dataset, now) : undefined
  if (span && 'code' in span) return span
  const text = c.req.query('cursor')
  const after = text === undefined ? undefined : parseCursor(text, by.length)
  const whose = after && storedParent(dataset.parent, after.parent)
  if (text !== undefined && whose === undefined) {
    return refuse(
      'malformed',
      'this cursor is of no such query; give back what the last answer had, with the same query',
    )
  }
  return { ...asked, field, limit, span, after: after && { ...after, parent: String(whose) } }
}
