import type { LogRow } from '../db/fold-database.ts'
import type { EventLog, LogView } from '../log/event-log.ts'

/** Records that the log has trimmed and the database does not hold: it was restored from an older backup. */
export interface Gap {
  batches: number
  received: number
  accepted: number
  /** Newest arrival that the database has counted, and oldest that the log still keeps, in milliseconds. */
  from: number | null
  to: number | null
}

/** The database is behind everything that the log keeps. */
export class LogGapError extends Error {
  override readonly name = 'LogGapError'
  readonly gap: Gap

  constructor(gap: Gap) {
    const at = (time: number | null) => (time === null ? 'unknown' : new Date(time).toISOString())
    super(
      `the database was restored from a backup that is older than what the log keeps: ${gap.batches} batches with ` +
        `${gap.accepted} accepted events, that arrived after ${at(gap.from)} and before ${at(gap.to)}, are in neither. ` +
        'Restore a newer backup, or go on without them: "trackable fold --once --accept-gap"',
    )
    this.gap = gap
  }
}

/** What lies between a log's row and the oldest record that the log keeps; undefined where nothing does. */
export function gapOf(row: LogRow | undefined, view: LogView): Gap | undefined {
  if (!row || view.place !== 'behind') return undefined
  const { before, oldestKept } = view
  const missing = (count: 'batches' | 'received' | 'accepted') =>
    Math.max(0, before[count] - row[count] - (row.lost?.[count] ?? 0))
  const batches = missing('batches')
  if (batches === 0) return undefined
  return {
    batches,
    received: missing('received'),
    accepted: missing('accepted'),
    from: row.latestArrival,
    to: oldestKept,
  }
}

/** The same, read anew. */
export async function findGap(log: EventLog, row: LogRow | undefined): Promise<Gap | undefined> {
  return row?.position ? gapOf(row, await log.view(row.position)) : undefined
}
