import type { Dataset, Grain } from '@trackable/dataset'
import { zoneClock } from '@trackable/dataset/fold'
import type { Context } from 'hono'
import { type Refusal, refuse } from '../answer.ts'

/** `[from, to)` in buckets of a grain. */
export interface Span {
  grain: Grain
  from: number
  to: number
}

const USUAL = 30 * 86_400_000

/** The span that `?grain=&from=&to=` asks for: the widest grain and the last thirty days where they are left out. */
export function spanOf(c: Context, { series, name }: Dataset, now: number): Span | Refusal {
  if (!series) return refuse('malformed', `dataset "${name}" keeps no series`)
  const grain = (c.req.query('grain') ?? series.grains.at(-1)) as Grain
  if (!series.grains.includes(grain)) {
    return refuse('malformed', `no grain "${grain}"; dataset "${name}" keeps ${series.grains.join(', ')}`)
  }
  const to = parseBound(c.req.query('to'), now, series.zone)
  const from = parseBound(c.req.query('from'), (to ?? now) - USUAL, series.zone)
  if (from === undefined || to === undefined) {
    return refuse('malformed', 'from and to are ISO 8601 times, or dates in the zone of the series')
  }
  return { grain, from, to }
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
