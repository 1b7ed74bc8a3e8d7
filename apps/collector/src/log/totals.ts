import type { LoggedBatch, Totals } from './event-log.ts'

type ByCode = Readonly<Record<string, number>>

const NONE: ByCode = {}

/** Nothing yet. */
export const NO_TOTALS: Totals = { batches: 0, received: 0, accepted: 0, rejected: NONE, dropped: NONE }

/** What one record counts for. */
export function totalsOf(batch: LoggedBatch): Totals {
  return {
    batches: 1,
    received: batch.received,
    accepted: batch.events.length,
    rejected: batch.rejected ?? NONE,
    dropped: batch.dropped ?? NONE,
  }
}

/** Both together. */
export function plus(a: Totals, b: Totals): Totals {
  return combined(a, b, 1)
}

/** What `a` has more than `b`. */
export function minus(a: Totals, b: Totals): Totals {
  return combined(a, b, -1)
}

function combined(a: Totals, b: Totals, sign: 1 | -1): Totals {
  return {
    batches: a.batches + sign * b.batches,
    received: a.received + sign * b.received,
    accepted: a.accepted + sign * b.accepted,
    rejected: combinedCodes(a.rejected, b.rejected, sign),
    dropped: combinedCodes(a.dropped, b.dropped, sign),
  }
}

/** Codes that come to nothing are left out, so that equal totals look equal. */
function combinedCodes(a: ByCode, b: ByCode, sign: 1 | -1): ByCode {
  if (b === NONE) return a
  const sum: Record<string, number> = { ...a }
  for (const [code, count] of Object.entries(b)) {
    sum[code] = (sum[code] ?? 0) + sign * count
    if (sum[code] === 0) delete sum[code]
  }
  return sum
}
