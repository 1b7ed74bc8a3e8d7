import { type CountsByCode, plusCounts, totalCount } from '../counts.ts'
import type { FoldDatabase } from '../db/fold-database.ts'
import type { EventLog } from '../log/event-log.ts'

/** The identity of guarantee 5: received = accepted + rejected + dropped, accepted = folded + dead + duplicates + waiting. */
export interface LogStatus {
  log: string
  /** Position of the last folded record, null before the first. */
  offset: string | null
  /** Position of the newest durable record. */
  end: string | null
  /** Age of the oldest record that waits, in seconds; 0 where none does. */
  oldestSeconds: number
  received: number
  accepted: number
  rejected: number
  dropped: number
  folded: number
  dead: number
  duplicates: number
  waiting: number
  paused: boolean
  /** Accepted events that an operator went on without, after a restored backup. They are in no other count. */
  lost: number
}

/** The same with its codes, for the metrics. */
export interface LogCounts extends Omit<LogStatus, 'rejected' | 'dropped'> {
  rejected: CountsByCode
  dropped: CountsByCode
}

const READS = 5

/**
 * Reads the counts: what the log's row holds, plus what lies behind its offset. Offset and counts come from one row,
 * and what waits is counted from where its counts end, so that the two add up at every moment (guarantee 5).
 */
export async function readCounts(log: EventLog, database: FoldDatabase, now: number): Promise<LogCounts> {
  let row = await database.readLog(log.id)
  let view = await log.view(row?.counted ?? null)
  // Folded and trimmed between the two reads: the row is read again. Where it stays so, the database is behind.
  for (let read = 1; view.place === 'behind' && read < READS; read++) {
    row = await database.readLog(log.id)
    view = await log.view(row?.counted ?? null)
  }
  const { waiting, oldestWaiting } = view
  const count = (name: 'received' | 'accepted' | 'folded' | 'dead' | 'duplicates') => row?.[name] ?? 0
  return {
    log: log.id,
    offset: row?.position ?? null,
    end: view.end ?? row?.position ?? null,
    oldestSeconds: oldestWaiting === null ? 0 : Math.max(0, (now - oldestWaiting) / 1000),
    received: count('received') + waiting.received,
    accepted: count('accepted') + waiting.accepted,
    rejected: plusCounts(waiting.rejected, row?.rejected),
    dropped: plusCounts(waiting.dropped, row?.dropped),
    folded: count('folded'),
    dead: count('dead'),
    duplicates: count('duplicates'),
    waiting: waiting.accepted,
    paused: row?.paused ?? false,
    lost: row?.lost?.accepted ?? 0,
  }
}

/** The counts without their codes. */
export async function readStatus(log: EventLog, database: FoldDatabase, now: number): Promise<LogStatus> {
  const counts = await readCounts(log, database, now)
  return { ...counts, rejected: totalCount(counts.rejected), dropped: totalCount(counts.dropped) }
}
