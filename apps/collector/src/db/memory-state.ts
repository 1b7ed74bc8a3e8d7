import type { AdmittedValue, DeadLetter, ImportBatch, LogRow, TableRows } from './fold-database.ts'

/** A log's row, with how far back that log keeps records. */
export interface LogState extends LogRow {
  oldestArrival: number | null
}

/** Where and when a copy of a batch was taken. */
export interface Taken {
  log: string
  position: string
  arrived: number
}

/** A row of a dataset's table. */
export interface StoredRow {
  layout: TableRows['layout']
  parent: string
  bucket: number
  dimensions: string[]
  states: unknown[]
}

/** All there is. Never changed in place: a commit makes a new one, so that it is written whole or not at all. */
export interface State {
  logs: Map<string, LogState>
  batches: Map<string, Taken>
  repeats: Map<string, Taken>
  imports: Map<string, ImportBatch & { log: string }>
  dead: Map<string, DeadLetter & { log: string }>
  values: Map<string, AdmittedValue>
  rows: Map<string, StoredRow>
  /** What was added to each column, by log. */
  control: Map<string, { log: string; table: string; column: string; total: string }>
  settledBefore: number
}
