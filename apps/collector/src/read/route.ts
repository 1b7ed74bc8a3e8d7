import type { Dataset } from '@trackable/dataset'
import { LIMITS } from '@trackable/protocol'
import { type Context, Hono } from 'hono'
import { type Refusal, refusalAnswer, refuse } from '../answer.ts'
import type { Db } from '../db/connect.ts'
import { datasetSince, readSince } from '../db/since.ts'
import { answerText } from '../etag.ts'
import type { KeyRing } from '../keys.ts'
import { type Asked, askedQuantiles, groupedBy, readable, readerKey } from './access.ts'
import { type Row, rowsJson } from './json.ts'
import { readSeries, type SeriesQuery } from './series.ts'
import { spanOf } from './span.ts'
import { readTop } from './top.ts'
import { topQuery } from './top-query.ts'
import { readTotals, type TotalsQuery } from './totals.ts'

/** What the reads need. */
export interface ReadOptions {
  db: Db
  schema: string
  keys: KeyRing
  datasets: readonly Dataset[]
  now(): number
}

/** `GET /v1/datasets` and what is below it. */
export function createReads({ db, schema, keys, datasets, now }: ReadOptions): Hono {
  const app = new Hono()

  app.get('/v1/datasets', async (c) => {
    const key = readerKey(c, keys)
    if ('code' in key) return refusalAnswer(key)
    if (key.kind !== 'secret') return refusalAnswer(refuse('forbidden', 'the definitions need a secret key'))
    const mine =
      key.datasets.length === 0 ? datasets : datasets.filter(({ name }) => key.datasets.includes(name))
    // The definitions are known while the database is away.
    const since = await readSince(db, schema).catch(() => new Map())
    return c.json({ datasets: mine.map((one) => ({ ...one, since: datasetSince(since, one) })) })
  })

  app.get('/v1/datasets/:dataset/totals', async (c) => {
    const query = totalsQuery(c, keys, datasets)
    if ('code' in query) return refusalAnswer(query)
    const rows = await readTotals(db, schema, query)
    return 'code' in rows ? refusalAnswer(rows) : answerRows(c, '', rows)
  })

  app.get('/v1/datasets/:dataset/series', async (c) => {
    const query = seriesQuery(c, keys, datasets, now())
    if ('code' in query) return refusalAnswer(query)
    const rows = await readSeries(db, schema, query)
    if ('code' in rows) return refusalAnswer(rows)
    const head = JSON.stringify({ grain: query.grain, zone: query.dataset.series!.zone, by: query.by }).slice(
      1,
      -1,
    )
    return answerRows(c, `${head},`, rows)
  })

  app.get('/v1/datasets/:dataset/top', async (c) => {
    const asked = askedOf(c, keys, datasets)
    if ('code' in asked) return refusalAnswer(asked)
    const query = asked.secret ? topQuery(c, asked, now()) : refuse('forbidden', 'top needs a secret key')
    if ('code' in query) return refusalAnswer(query)
    const top = await readTop(db, schema, query)
    if ('code' in top) return refusalAnswer(top)
    return answerRows(c, `"cursor":${JSON.stringify(top.cursor)},`, top.rows)
  })

  return app
}

/** What every read asks, where its key may read it. */
function askedOf(
  c: Context,
  keys: KeyRing,
  datasets: readonly Dataset[],
): (Asked & { secret: boolean }) | Refusal {
  const key = readerKey(c, keys)
  if ('code' in key) return key
  const allowed = readable(c, key, datasets)
  if ('code' in allowed) return allowed
  const by = groupedBy(c, allowed.dataset)
  if ('code' in by) return by
  const quantiles = askedQuantiles(c)
  if ('code' in quantiles) return quantiles
  return { ...allowed, by, quantiles, secret: key.kind === 'secret' }
}

function totalsQuery(c: Context, keys: KeyRing, datasets: readonly Dataset[]): TotalsQuery | Refusal {
  const asked = askedOf(c, keys, datasets)
  if ('code' in asked) return asked
  const parents = c.req.queries('parent') ?? []
  if (parents.length === 0 || parents.length > LIMITS.readParents) {
    return refuse('malformed', `${parents.length} parents; ask for 1 to ${LIMITS.readParents} with ?parent=`)
  }
  return { ...asked, parents }
}

function seriesQuery(
  c: Context,
  keys: KeyRing,
  datasets: readonly Dataset[],
  now: number,
): SeriesQuery | Refusal {
  const asked = askedOf(c, keys, datasets)
  if ('code' in asked) return asked
  const span = spanOf(c, asked.dataset, now)
  if ('code' in span) return span
  return { ...asked, ...span, parent: c.req.query('parent') }
}

function answerRows(c: Context, head: string, rows: readonly Row[]): Response {
  return answerText(
    c,
    `{${head}"rows":${rowsJson(rows, c.req.query('bigint') === 'string')}}`,
    'application/json',
  )
}
