import type { Dataset } from '@trackable/dataset'
import {
  type Aggregate,
  aggregateOf,
  type Int,
  type LoggedInput,
  layoutOf,
  type TableLayout,
  type ZoneClock,
  zoneClock,
} from '@trackable/dataset/fold'
import type { ResolvedEvent } from './resolve.ts'

/** One row's delta: the key, and a state for each field. */
export interface Delta {
  parent: string
  /** Milliseconds since 1970, or 0 in tables without buckets. */
  bucket: number
  dimensions: string[]
  states: Int[]
}

/** The deltas of one table, sorted by key so that two folders lock rows in one order. */
export interface TableDeltas {
  layout: TableLayout
  rows: Delta[]
}

interface OpenTable {
  layout: TableLayout
  clock: ZoneClock
  rows: Map<string, Delta>
}

/** Merges events into deltas, table by table, in memory. */
export interface Group {
  add(event: ResolvedEvent): void
  deltas(): TableDeltas[]
}

const SEPARATOR = '\u0000'

/** An empty group over these datasets. */
export function createGroup(datasets: readonly Dataset[]): Group {
  const aggregates = datasets.map((dataset) => Object.values(dataset.fields).map(aggregateOf))
  const tables = datasets.map((dataset): OpenTable[] =>
    layoutOf(dataset).map((layout) => ({
      layout,
      clock: zoneClock(dataset.series?.zone ?? 'UTC'),
      rows: new Map(),
    })),
  )
  return {
    add(event) {
      const algebra = aggregates[event.dataset]!
      for (const table of tables[event.dataset]!) mergeInto(rowOf(table, event, algebra), event, algebra)
    },
    deltas() {
      return tables
        .flat()
        .filter(({ rows }) => rows.size > 0)
        .map(({ layout, rows }) => ({ layout, rows: [...rows.values()].sort(byKey) }))
        .sort((a, b) => compare(a.layout.name, b.layout.name))
    },
  }
}

function rowOf(
  table: OpenTable,
  event: ResolvedEvent,
  algebra: Aggregate<LoggedInput, Int, string>[],
): Delta {
  const { kind } = table.layout
  const series = kind !== 'totals' && kind !== 'dimensions'
  const bucket = series ? table.clock.bucketOf(event.at, kind) : 0
  const dimensions = kind === 'totals' ? [] : event.dimensions
  let key = event.parent
  if (series) key += SEPARATOR + bucket
  for (const value of dimensions) key += SEPARATOR + value
  let row = table.rows.get(key)
  if (!row) {
    row = { parent: event.parent, bucket, dimensions, states: algebra.map((aggregate) => aggregate.empty()) }
    table.rows.set(key, row)
  }
  return row
}

function mergeInto(row: Delta, event: ResolvedEvent, algebra: Aggregate<LoggedInput, Int, string>[]): void {
  const { fields } = event
  for (let i = 0; i < fields.length; i += 2) {
    const field = fields[i] as number
    row.states[field] = algebra[field]!.add(row.states[field]!, fields[i + 1] as LoggedInput)
  }
}

function byKey(a: Delta, b: Delta): number {
  if (a.parent !== b.parent) return compare(a.parent, b.parent)
  if (a.bucket !== b.bucket) return a.bucket - b.bucket
  const differs = a.dimensions.findIndex((value, i) => value !== b.dimensions[i])
  return differs === -1 ? 0 : compare(a.dimensions[differs]!, b.dimensions[differs]!)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
