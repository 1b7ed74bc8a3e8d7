import type { EventLog } from '../log/event-log.ts'

/** What housekeeping needs. */
export interface HousekeepingOptions {
  log: EventLog
  /** Says how far back the log keeps records. */
  reportOldest(oldest: number): Promise<void>
  /** Prunes at most so many rows of the ledger, and gives how many went. */
  pruneLedger(limit: number): Promise<number>
  /** Deletes at most so many rows of buckets that are past what is kept, and gives how many went. */
  pruneBuckets(limit: number): Promise<number>
  now(): number
  /** Milliseconds on a clock that nobody sets. */
  elapsed(): number
}

/** The clock was set while the collector ran: what arrived when is not known well enough to forget anything. */
export class ClockError extends Error {
  override readonly name = 'ClockError'

  constructor(driftMs: number) {
    super(
      `the clock was moved by ${Math.round(driftMs / 1000)} s while the collector ran; the ledger is not pruned until it is right again, or the collector is restarted`,
    )
  }
}

const MOST_DRIFT = 60_000
/** A clock that was wrong at the start is set right by then. */
const SETTLE = 10 * 60_000
const ROWS = 5000
const ROUNDS = 20

/** The rows that a round of housekeeping pruned. */
export interface Pruned {
  ids: number
  buckets: number
}

/**
 * One round of housekeeping: reports how far back the log reaches, then prunes ledger and buckets, a bounded number of
 * rows. Never while the clock is in doubt: a jump forward would forget ids whose repeats may still come, and buckets.
 * @throws ClockError
 */
export function createHousekeeping(options: HousekeepingOptions): () => Promise<Pruned> {
  const { log, now, elapsed } = options
  const began = { now: now(), elapsed: elapsed() }
  return async () => {
    const running = elapsed() - began.elapsed
    const drift = now() - began.now - running
    if (Math.abs(drift) > MOST_DRIFT) throw new ClockError(drift)
    const { oldestKept } = await log.view(null)
    await options.reportOldest(oldestKept ?? now())
    if (running < SETTLE) return { ids: 0, buckets: 0 }
    return { ids: await inRounds(options.pruneLedger), buckets: await inRounds(options.pruneBuckets) }
  }
}

async function inRounds(prune: (limit: number) => Promise<number>): Promise<number> {
  let pruned = 0
  for (let round = 0; round < ROUNDS; round++) {
    const gone = await prune(ROWS)
    pruned += gone
    if (gone < ROWS) break
  }
  return pruned
}
