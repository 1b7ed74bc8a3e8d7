import { minusCounts, plusCounts } from '../counts.ts'
import type { LoggedBatch, Totals } from './event-log.ts'

/** Nothing yet. */
export const NO_TOTALS: Totals = { batches: 0, received: 0, accepted: 0, rejected: {}, dropped: {} }

/** What one record counts for. */
export function totalsOf({ received, events, rejected = {}, dropped = {} }: LoggedBatch): Totals {
  return { batches: 1, received, accepted: events.length, rejected, dropped }
}

/** Both together. */
export function plus(a: Totals, b: Totals): Totals {
  return {
    batches: a.batches + b.batches,
    received: a.received + b.received,
    accepted: a.accepted + b.accepted,
    rejected: plusCounts(a.rejected, b.rejected),
    dropped: plusCounts(a.dropped, b.dropped),
  }
}

/** What `a` has more than `b`, which is a part of it. */
export function minus(a: Totals, b: Totals): Totals {
  return {
    batches: a.batches - b.batches,
    received: a.received - b.received,
    accepted: a.accepted - b.accepted,
    rejected: minusCounts(a.rejected, b.rejected),
    dropped: minusCounts(a.dropped, b.dropped),
  }
}
