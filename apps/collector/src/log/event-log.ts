import type { LoggedInput } from '@trackable/dataset/fold'
import type { DropCode, ImportPart, RejectCode } from '@trackable/protocol'
import type { CountsByCode } from '../counts.ts'

/**
 * An accepted event as the log keeps it. `dataset` and the even entries of `fields` are indexes into the
 * definitions of its segment; the odd entries of `fields` are inputs in their logged form.
 */
export type LoggedEvent = [
  dataset: number,
  parent: string,
  at: number,
  fields: LoggedInput[],
  dimensions?: string[],
]

/** A batch as it was decided at ingest: everything that depends on the moment of arrival is in it. */
export interface LoggedBatch {
  id: string
  /** Milliseconds since 1970, the collector's clock. */
  arrival: number
  /** Events in the request: accepted, dropped and rejected. */
  received: number
  dropped?: Partial<Record<DropCode, number>>
  rejected?: Partial<Record<RejectCode, number>>
  import?: ImportPart
  /** Where it takes a part of an import back: when that part arrived, which says in which buckets it counted. */
  takesBack?: number
  events: LoggedEvent[]
}

/** The fields and dimensions that a segment's indexes mean, dataset by dataset. */
export type Definitions = readonly unknown[]

/** A record of the log with its place in it. */
export interface Entry {
  position: string
  batch: LoggedBatch
  definitions: Definitions
  bytes: number
}

/** What was found wrong in the files, at the start or when they were read. */
export interface Damage {
  /** The file's name, or the order of a segment that is missing. */
  segment: string
  bytes: number
  /** What is wrong, and how much is lost where that is known. */
  reason: string
}

/** Counts over records. */
export interface Totals {
  batches: number
  received: number
  accepted: number
  /** Events by code. */
  rejected: CountsByCode
  dropped: CountsByCode
}

/**
 * Where a position stands: `start` is none (null), `kept` one that reading goes on right behind, `behind` one that
 * lies before the oldest record kept, `unknown` any other: of a log that was rolled back, or of another one.
 */
export type Place = 'start' | 'kept' | 'behind' | 'unknown'

/** What a log holds, seen from a position. */
export interface LogView {
  /** Position of the newest durable record; null where the log holds none. */
  end: string | null
  /**
   * The durable records after the position, of all kept ones where it is not `kept`. Records that damage took out
   * of the segments that follow are counted until reading has passed them.
   */
  waiting: Totals
  /** Arrival of the first of them, in milliseconds since 1970. */
  oldestWaiting: number | null
  /** Arrival of the oldest record kept, in milliseconds since 1970. */
  oldestKept: number | null
  /** Everything that was in the log before its oldest kept segment. */
  before: Totals
  place: Place
}

/** An ordered, durable log of batches. Positions are opaque, never used twice, and valid over restarts. */
export interface EventLog {
  /** The log's identity: another one for every log that ever was. */
  readonly id: string
  /** Resolves with the position once the batch is on disk, rejects when it may not be. */
  append(batch: LoggedBatch): Promise<string>
  /**
   * The entries after a position, oldest first, up to `maxBytes` of them (at least one where there is any); from
   * the oldest kept one for null, and for a position that is not in this log. Never past the last sync.
   */
  read(after: string | null, maxBytes: number): Promise<Entry[]>
  /** What waits behind a position. Cheap enough to be asked every second, however long the log is. */
  view(after: string | null): Promise<LogView>
  /**
   * Told after each commit: what lies up to the position is folded. Deletes of it what arrived before that time, as
   * far as whole segments go.
   */
  trim(through: string, arrivedBefore: number): Promise<void>
  close(): Promise<void>
}

/** An append that failed: nothing was acknowledged. `fatal` where the log takes nothing more. */
export class LogError extends Error {
  override readonly name = 'LogError'
  readonly code = 'unavailable'
  readonly fatal: boolean

  constructor(message: string, fatal: boolean, cause?: unknown) {
    super(message, { cause })
    this.fatal = fatal
  }
}
