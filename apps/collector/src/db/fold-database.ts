import type { TableLayout } from '@trackable/dataset/fold'
import type { CountsByCode } from '../counts.ts'

/** What is added to one row: a state for each field. `bucket` in milliseconds, 0 in tables without. */
export interface RowDelta {
  parent: string
  bucket: number
  dimensions: string[]
  states: unknown[]
  /** Where the row is there and has states that only the fold can merge: what was read, with the delta merged in. */
  onto?: { hash: string; states: unknown[] }
}

/** One table's deltas, in the order of their keys. */
export interface TableRows {
  layout: TableLayout
  rows: RowDelta[]
}

/** The states of a row that only the fold can merge: texts in the order of their fields, and the hash of them. */
export interface StoredStates {
  hash: string
  states: string[]
}

/** A batch of an import that counts now, known by its place in the import. */
export interface ImportBatch {
  id: string
  name: string
  generation: number
  from: number
  to: number
  events: number
  position: string
  arrived: string
  /** The fields that it wrote, as `dataset.field`; undefined where it is one that takes back. */
  fields?: string[]
  /** What it added, packed, in base64; undefined where that cannot be taken back. */
  content?: string
}

/** New values of one dimension, in the order of the log, for the commit to admit. */
export interface NewValues {
  dataset: string
  dimension: string
  cap: number
  values: string[]
}

/** What a commit adds to its log's row: the counts of guarantee 5. */
export interface Counts {
  batches: number
  received: number
  accepted: number
  folded: number
  dead: number
  duplicates: number
  rejected: CountsByCode
  dropped: CountsByCode
}

/** An event that cannot be folded, with its place and what a replay needs. */
export interface DeadLetter {
  position: string
  index: number
  dataset: string
  code: string
  message: string
  /** When it arrived, in milliseconds; of what takes back, when that did. */
  arrival: number
  /** By the names it was sent with. */
  event: unknown
  /** As the log keeps it, and the definition that its indexes mean. */
  logged: unknown
  definition: unknown
}

/** What one commit writes. */
export interface CommitInput {
  log: string
  /** The offset that this log must have; null for one that has folded nothing. */
  expected: string | null
  next: string
  /** Up to where records are in the counts: `next`, or further where a log is folded again. */
  counted: string
  batches: { id: string; position: string }[]
  imports: ImportBatch[]
  /** Arrival of the oldest of `batches`, in milliseconds; null where there are none. */
  oldestArrival: number | null
  /** Arrival of the newest record, whatever became of it. */
  newestArrival: number
  /** Positions of further copies of batches that have counted. */
  repeats: string[]
  counts: Counts
  dead: DeadLetter[]
  values: NewValues[]
  tables: TableRows[]
}

/** A record that was taken before: `again` where this very copy was, otherwise it is a further copy. */
export interface KnownRecord {
  position: string
  again: boolean
}

/**
 * How a commit ended; nothing was written unless `committed`. `moved`: another folder was first. `paused`: somebody
 * paused the log. `stale`: a row does not have the states any more onto which its delta was merged. `known`: these records
 * were taken before. `settled`: the ledger no longer knows what arrived before
 * that time, so that a record of then cannot be told from a repeat.
 */
export type CommitOutcome =
  | { outcome: 'committed' }
  | { outcome: 'moved' }
  | { outcome: 'paused' }
  | { outcome: 'stale' }
  | { outcome: 'known'; known: KnownRecord[] }
  | { outcome: 'settled'; before: number }

/** A log's row. */
export interface LogRow extends Counts {
  position: string | null
  /** Up to where records are in the counts: the position, or further while the log is folded again. */
  counted: string | null
  paused: boolean
  /** Newest arrival that was folded, in milliseconds. */
  latestArrival: number | null
  /** Records and events that an operator went on without; null where none. */
  lost: { batches: number; received: number; accepted: number } | null
}

/** A value that a dimension has admitted. */
export interface AdmittedValue {
  dataset: string
  dimension: string
  value: string
}

/** What the fold asks of a database. */
export interface FoldDatabase {
  /** @throws what the database says; the caller reads the offset again to know what became of it */
  commit(input: CommitInput): Promise<CommitOutcome>
  /** Tries a commit and rolls it back, to learn whether its values are sound. @throws what the database says */
  probe(input: CommitInput): Promise<{ outcome: 'passed' } | { outcome: 'stale' }>
  /** By table and row, the states that only the fold can merge; undefined where the row is not there. */
  readStates(tables: readonly TableRows[]): Promise<(StoredStates | undefined)[][]>
  /** Undefined for a log that was never seen. */
  readLog(log: string): Promise<LogRow | undefined>
  readDimensionValues(): Promise<AdmittedValue[]>
}
