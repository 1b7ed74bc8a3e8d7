import { type Dataset, durationMs, type Grain } from '@trackable/dataset'
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
import type { TableRows } from '../db/fold-database.ts'
import type { ResolvedEvent } from './resolve.ts'

type Delta = TableRows['rows'][number]

/** Rows by parent; where there are dimensions, by parent and then by their values. */
type RowsByKey = Map<string, Delta>

/** A bucket of a table that is being added to, and the instants that fall into it. */
interface OpenBucket {
  start: number
  from: number
  until: number
  rows: RowsByKey
}

interface OpenTable {
  layout: TableLayout
  clock: ZoneClock
  /** Rows by bucket. Nested, because building one key of all parts was measured at a quarter of the speed. */
  buckets: Map<number, RowsByKey>
  /** How long its buckets are kept, in milliseconds. */
  keep: number
  /** The bucket of the last event: most events of a group are of the same. */
  last: OpenBucket | undefined
}

/** Merges events into deltas, table by table, in memory. */
export interface Group {
  /**
   * @param arrival when the event arrived: one that was older then than the series keep is in no bucket of theirs. Not
   *   when it is folded, so that folding again gives the same
   */
  add(event: ResolvedEvent, arrival: number): void
  /** Table by table, sorted by key so that two folders lock rows in one order. */
  deltas(): TableRows[]
}

const SEPARATOR = '\u0000'
const NONE: string[] = []

type Algebra = readonly Aggregate<LoggedInput, Int, string>[]

/** An empty group over these datasets. */
export function createGroup(datasets: readonly Dataset[]): Group {
  const aggregates = datasets.map((dataset) => Object.values(dataset.fields).map(aggregateOf))
  const tables = datasets.map((dataset): OpenTable[] =>
    layoutOf(dataset).map((layout) => ({
      layout,
      clock: zoneClock(dataset.series?.zone ?? 'UTC'),
      buckets: new Map(),
      keep: keepOf(layout),
      last: undefined,
    })),
  )
  return {
    add(event, arrival) {
      const algebra = aggregates[event.dataset]!
      for (const table of tables[event.dataset]!) {
        if (event.at >= arrival - table.keep) mergeInto(rowOf(table, event, algebra), event, algebra)
      }
    },
    deltas() {
      return tables
        .flat()
        .filter(({ buckets }) => buckets.size > 0)
        .map(({ layout, buckets }) => ({ layout, rows: rowsIn(buckets).sort(byKey) }))
        .sort((a, b) => compare(a.layout.name, b.layout.name))
    },
  }
}

function keepOf({ kind, dataset }: TableLayout): number {
  const keep = dataset.series?.keep[kind as Grain]
  return keep === undefined ? Number.POSITIVE_INFINITY : durationMs(keep)!
}

function rowsIn(buckets: OpenTable['buckets']): Delta[] {
  return [...buckets.values()].flatMap((rows) => [...rows.values()])
}

function rowOf(table: OpenTable, event: ResolvedEvent, algebra: Algebra): Delta {
  const { last } = table
  const { start, rows } =
    last && event.at >= last.from && event.at < last.until ? last : openBucket(table, event.at)
  const dimensions = table.layout.kind === 'totals' ? NONE : event.dimensions
  const key = dimensions.length === 0 ? event.parent : event.parent + SEPARATOR + dimensions.join(SEPARATOR)
  let row = rows.get(key)
  if (!row) {
    row = {
      parent: event.parent,
      bucket: start,
      dimensions,
      states: algebra.map((aggregate) => aggregate.empty()),
    }
    rows.set(key, row)
  }
  return row
}

/** The bucket that holds an instant; a table without a series has one for all time. */
function openBucket(table: OpenTable, at: number): OpenBucket {
  const { kind } = table.layout
  const series = kind !== 'totals' && kind !== 'dimensions'
  const start = series ? table.clock.bucketOf(at, kind) : 0
  const until = series ? table.clock.nextBucket(start, kind) : Number.POSITIVE_INFINITY
  const rows: RowsByKey = table.buckets.get(start) ?? new Map()
  table.buckets.set(start, rows)
  table.last = { start, from: series ? start : Number.NEGATIVE_INFINITY, until, rows }
  return table.last
}

function mergeInto(row: Delta, event: ResolvedEvent, algebra: Algebra): void {
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
