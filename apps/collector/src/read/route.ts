import { createHash } from 'node:crypto'
import type { Dataset, Grain } from '@trackable/dataset'
import { zoneClock } from '@trackable/dataset/fold'
import { LIMITS } from '@trackable/protocol'
import { type Context, Hono } from 'hono'
import { type Refusal, refusalAnswer, refuse } from '../answer.ts'
import type { Db } from '../db/connect.ts'
import type { KeyRing } from '../keys.ts'
import { askedQuantiles, groupedBy, readable, readerKey } from './access.ts'
import { type Row, rowsJson } from './json.ts'
import { readSeries, type SeriesQuery } from './series.ts'
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

  app.get('/v1/datasets', (c) => {
    const key = readerKey(c, keys)
    if ('code' in key) return refusalAnswer(key)
    if (key.kind !== 'secret') return refusalAnswer(refuse('forbidden', 'the definitions need a secret key'))
    const mine =
      key.datasets.length === 0 ? datasets : datasets.filter(({ name }) => key.datasets.includes(name))
    return c.json({ datasets: mine })
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

  return app
}

interface Asked {
  dataset: Dataset
  fields: string[]
  by: string[]
  quantiles: readonly number[]
}

/** What every read asks, where its key may read it. */
function askedOf(c: Context, keys: KeyRing, datasets: readonly Dataset[]): Asked | Refusal {
  const key = readerKey(c, keys)
  if ('code' in key) return key
  const allowed = readable(c, key, datasets)
  if ('code' in allowed) return allowed
  const by = groupedBy(c, allowed.dataset)
  if ('code' in by) return by
  const quantiles = askedQuantiles(c)
  return 'code' in quantiles ? quantiles : { ...allowed, by, quantiles }
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
  const { series, name } = asked.dataset
  if (!series) return refuse('malformed', `dataset "${name}" keeps no series`)
  const grain = (c.req.query('grain') ?? series.grains.at(-1)) as Grain
  if (!series.grains.includes(grain)) {
    return refuse('malformed', `no grain "${grain}"; dataset "${name}" keeps ${series.grains.join(', ')}`)
  }
  const to = parseBound(c.req.query('to'), now, series.zone)
  const from = parseBound(c.req.query('from'), (to ?? now) - 30 * 86_400_000, series.zone)
  if (from === undefined || to === undefined) {
    return refuse('malformed', 'from and to are ISO 8601 times, or dates in the zone of the series')
  }
  return { ...asked, grain, from, to, parent: c.req.query('parent') }
}

/** A time with its offset, or a date or time of the series' zone. */
function parseBound(text: string | undefined, absent: number, zone: string): number | undefined {
  if (text === undefined) return absent
  // A plus sign in a query is a space.
  const value = text.replace(/ (?=\d\d:?\d\d$)/, '+')
  const naive = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?$/.test(value)
  const at = Date.parse(naive && value.includes('T') ? `${value}Z` : value)
  if (Number.isNaN(at)) return undefined
  return naive ? zoneClock(zone).fromLocal(at) : at
}

function answerRows(c: Context, head: string, rows: readonly Row[]): Response {
  const body = `{${head}"rows":${rowsJson(rows, c.req.query('bigint') === 'string')}}`
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const headers = { ETag: etag, 'Cache-Control': 'private, no-cache' }
  const known = c.req
    .header('if-none-match')
    ?.split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
  if (known?.includes(etag) || known?.includes('*')) return c.body(null, 304, headers)
  return c.body(body, 200, { ...headers, 'Content-Type': 'application/json' })
}
