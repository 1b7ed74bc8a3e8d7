import { Hono } from 'hono'
import { refusalAnswer, refuse } from '../answer.ts'
import { type FieldResult, QUANTILES } from '../db/field-reads.ts'
import { answerText } from '../etag.ts'
import { readable, readerKey } from './access.ts'
import type { ReadOptions } from './route.ts'
import { readTotals } from './totals.ts'

const LONGEST_LABEL = 60
/** Widths in the font of the badge, about: too wide is better than cut off. */
const CHARACTER = 7
const PADDING = 10

/** `GET /v1/datasets/:dataset/badge.svg?parent=&field=&label=`: a count as a picture, for a README or a page. */
export function createBadge({ db, schema, keys, datasets }: Omit<ReadOptions, 'now'>): Hono {
  return new Hono().get('/v1/datasets/:dataset/badge.svg', async (c) => {
    const key = readerKey(c, keys)
    if ('code' in key) return refusalAnswer(key)
    const asked = readable(c, key, datasets)
    if ('code' in asked) return refusalAnswer(asked)
    const { dataset } = asked
    const [parent, field] = [c.req.query('parent'), c.req.query('field') ?? '']
    if (parent === undefined) return refusalAnswer(refuse('malformed', 'no parent; say which with ?parent='))
    if (!Object.hasOwn(dataset.fields, field)) {
      const known = Object.keys(dataset.fields).join(', ')
      return refusalAnswer(refuse('malformed', `no field "${field}"; there are ${known}`))
    }
    if (!asked.fields.includes(field)) {
      return refusalAnswer(refuse('forbidden', `field "${field}" is not in public.read`))
    }
    const query = { dataset, fields: [field], by: [], parents: [parent], quantiles: QUANTILES }
    const rows = await readTotals(db, schema, query)
    if ('code' in rows) return refusalAnswer(rows)
    const shown = shownNumber(rows[0]![field] as FieldResult)
    if (shown === undefined) return refusalAnswer(refuse('malformed', `field "${field}" is not one number`))
    const label = c.req.query('label') ?? dataset.fields[field]!.label ?? field
    return answerText(c, badge([...label].slice(0, LONGEST_LABEL).join(''), shown), SVG, 'public, max-age=60')
  })
}

/** A number with its thousands apart, a dash for one that has seen nothing; undefined for what is no number. */
function shownNumber(result: FieldResult): string | undefined {
  if ('digits' in result) return grouped(result.digits)
  if (result.json === 'null') return '–'
  return typeof JSON.parse(result.json) === 'number' ? grouped(result.json) : undefined
}

const SVG = 'image/svg+xml; charset=utf-8'

/** 1234567.50 as 1,234,567.50: digits of any number, which a JavaScript number may not have. */
function grouped(digits: string): string {
  const [whole = '', fraction] = digits.split('.')
  const thousands = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? thousands : `${thousands}.${fraction}`
}

function badge(label: string, value: string): string {
  const [left, right] = [label, value].map((text) => [...text].length * CHARACTER + PADDING) as [
    number,
    number,
  ]
  const name = escaped(`${label}: ${value}`)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${name}">
<title>${name}</title>
<clipPath id="r"><rect width="${left + right}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="${left}" height="20" fill="#444"/><rect x="${left}" width="${right}" height="20" fill="#0b6bcb"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,sans-serif" font-size="11">
<text x="${left / 2}" y="14">${escaped(label)}</text><text x="${left + right / 2}" y="14">${escaped(value)}</text></g>
</svg>
`
}

/** Text in XML: no mark-up of anybody's, and no character that XML does not have. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\ufffe\uffff]/gu, ' ')
    .replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
