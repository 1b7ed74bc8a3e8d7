import { readLog } from '../db/commit.ts'
import type { Db } from '../db/connect.ts'
import type { EventLog } from '../log/event-log.ts'

/** Counts of guarantee 5 of a log's row, to which every commit adds. */
export interface Counts {
  received: number
  accepted: number
  rejected: number
  dropped: number
  folded: number
  dead: number
  duplicates: number
}

/** The identity of guarantee 5: received = accepted + rejected + dropped, accepted = folded + dead + duplicates + waiting. */
export interface LogStatus extends Counts {
  log: string
  /** Position of the last folded record, null before the first. */
  offset: string | null
  /** Position of the newest durable record. */
  end: string | null
  /** Age of the oldest record that waits, in seconds; 0 where none does. */
  oldestSeconds: number
  waiting: number
}

const READ_BYTES = 4 * 1024 * 1024

/**
 * Reads the counts: what the log's row holds, plus what lies behind its offset. Offset and counts come from one
 * row, so that the two add up at every moment.
 */
export async function readStatus(log: EventLog, db: Db, schema: string, now: number): Promise<LogStatus> {
  const row = await readLog(db, schema, log.id)
  const count = (name: string) => Number(row?.[name] ?? 0)
  const offset = row?.position ?? null
  const status: LogStatus = {
    log: log.id,
    offset,
    end: offset,
    oldestSeconds: 0,
    received: count('received'),
    accepted: count('accepted'),
    rejected: count('rejected'),
    dropped: count('dropped'),
    folded: count('folded'),
    dead: count('dead'),
    duplicates: count('duplicates'),
    waiting: 0,
  }
  for (;;) {
    const entries = await log.read(status.end, READ_BYTES)
    if (entries.length === 0) return status
    for (const { batch, position } of entries) {
      if (status.end === offset) status.oldestSeconds = Math.max(0, (now - batch.arrival) / 1000)
      status.received += batch.received
      status.accepted += batch.events.length
      status.rejected += total(batch.rejected)
      status.dropped += total(batch.dropped)
      status.waiting += batch.events.length
      status.end = position
    }
  }
}

/** A sum over counts by code. */
export function total(counts: Record<string, number> | undefined): number {
  return Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0)
}
