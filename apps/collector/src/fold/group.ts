import { type Dataset, durationMs, type Field, type Grain } from '@trackable/dataset'
import {
  aggregateOf,
  type FieldAggregate,
  type LoggedInput,
  layoutOf,
  type TableLayout,
  type ZoneClock,
  zoneClock,
} from '@trackable/dataset/fold'
import type { RowDelta, TableRows } from '../db/fold-database.ts'
import { hasStates } from '../db/fold-sql.ts'
import type { ResolvedEvent } from './resolve.ts'

/** Rows by parent; where there are dimensions, by parent and then by their values. */
type RowsByKey = Map<string, RowDelta>

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
  /** So many rows it has whose states must be read before they are written. */
  withStates: boolean
  stateRows: number
  /** The bucket of the last event: most events of a group are of the same. */
  last: OpenBucket | undefined
}

/** Merges events into deltas, table by table, in memory. */
export interface Group {
  /**
   * Adds to every table that takes the event, or to none.
   * @param arrival when the event arrived: one that was older then than the series keep is in no bucket of theirs. Not
   *   when it is folded, so that folding again gives the same
   * @param counted when what it takes back arrived, where it takes something back: it is in the buckets in which that
   *   was, but those that are pruned by its own arrival
   * @throws what a `custom()` field throws: see `isAggregateFailure`
   */
  add(event: ResolvedEvent, arrival: number, counted?: number): void
  /** How many rows it has so far whose states must be read before they are written. */
  stateRows(): number
  /** Table by table, sorted by key so that two folders lock rows in one order. */
  deltas(): TableRows[]
}

const SEPARATOR = '\u0000'
const NONE: string[] = []

/** The aggregates of a dataset's fields; those that may fail, because they are the developer's, are done first. */
interface Algebra {
  fields: readonly FieldAggregate[]
  custom: ReadonlySet<number>
}

/** An empty group over these datasets. */
export function createGroup(datasets: readonly Dataset[]): Group {
  const algebras = datasets.map((dataset) => algebraOf(Object.values(dataset.fields)))
  const tables = datasets.map((dataset): OpenTable[] =>
    layoutOf(dataset).map((layout) => ({
      layout,
      clock: zoneClock(dataset.series?.zone ?? 'UTC'),
      buckets: new Map(),
      keep: keepOf(layout),
      withStates: hasStates(layout),
      stateRows: 0,
      last: undefined,
    })),
  )
  // Looked at before each batch: most datasets have none.
  const stateful = tables.flat().filter(({ withStates }) => withStates)
  return {
    add(event, arrival, counted = arrival) {
      const algebra = algebras[event.dataset]!
      const all = tables[event.dataset]!
      const mine = all.some((table) => isPast(table, event, arrival, counted))
        ? all.filter((table) => !isPast(table, event, arrival, counted))
        : all
      const custom = algebra.custom.size > 0 ? customStates(mine, event, algebra) : undefined
      mine.forEach((table, i) => {
        mergeInto(rowOf(table, event, algebra), event, algebra, custom?.[i])
      })
    },
    stateRows: () => stateful.reduce((sum, table) => sum + table.stateRows, 0),
    deltas() {
      return tables
        .flat()
        .map(({ layout, buckets }) => ({ layout, rows: rowsIn(buckets).sort(byKey) }))
        .filter(({ rows }) => rows.length > 0)
        .sort((a, b) => compare(a.layout.name, b.layout.name))
    },
  }
}

function keepOf({ kind, dataset }: TableLayout): number {
  const keep = dataset.series?.keep[kind as Grain]
  return keep === undefined ? Number.POSITIVE_INFINITY : durationMs(keep)!
}

function isPast(table: OpenTable, { at }: ResolvedEvent, arrival: number, counted: number): boolean {
  const { keep } = table
  if (at < counted - keep) return true
  return counted !== arrival && bucketAt(table, at).until <= arrival - keep
}

function algebraOf(fields: readonly Field[]): Algebra {
  const custom = fields.flatMap(({ kind }, index) => (kind === 'custom' ? [index] : []))
  return { fields: fields.map(aggregateOf), custom: new Set(custom) }
}

/**
 * By table, the states that the event's custom inputs come to. Before any row is touched: an event whose aggregate
 * fails in one table must not count in another. Proven by "an event counts in all of its tables or in none" of
 * `aggregate-failures.test.ts`.
 */
function customStates(tables: readonly OpenTable[], event: ResolvedEvent, { fields, custom }: Algebra) {
  return tables.map((table) => {
    const row = bucketAt(table, event.at).rows.get(keyOf(table, event))
    const states = new Map<number, unknown>()
    for (let i = 0; i < event.fields.length; i += 2) {
      const field = event.fields[i] as number
      if (!custom.has(field)) continue
      const { empty, add } = fields[field]!
      const before = states.get(field) ?? row?.states[field] ?? empty()
      states.set(field, add(before, event.fields[i + 1] as LoggedInput, event.at))
    }
    return states
  })
}

function rowsIn(buckets: OpenTable['buckets']): RowDelta[] {
  return [...buckets.values()].flatMap((rows) => [...rows.values()])
}

function rowOf(table: OpenTable, event: ResolvedEvent, { fields }: Algebra): RowDelta {
  const { start, rows } = bucketAt(table, event.at)
  const key = keyOf(table, event)
  let row = rows.get(key)
  if (!row) {
    const { parent } = event
    const states = fields.map((aggregate) => aggregate.empty())
    row = { parent, bucket: start, dimensions: dimensionsOf(table, event), states }
    rows.set(key, row)
    if (table.withStates) table.stateRows++
  }
  return row
}

function dimensionsOf({ layout }: OpenTable, { dimensions }: ResolvedEvent): string[] {
  return layout.kind === 'totals' ? NONE : dimensions
}

function keyOf(table: OpenTable, event: ResolvedEvent): string {
  const dimensions = dimensionsOf(table, event)
  return dimensions.length === 0 ? event.parent : event.parent + SEPARATOR + dimensions.join(SEPARATOR)
}

function bucketAt(table: OpenTable, at: number): OpenBucket {
  const { last } = table
  return last && at >= last.from && at < last.until ? last : openBucket(table, at)
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

function mergeInto(
  row: RowDelta,
  { fields, at }: ResolvedEvent,
  algebra: Algebra,
  custom: ReadonlyMap<number, unknown> | undefined,
): void {
  for (let i = 0; i < fields.length; i += 2) {
    const field = fields[i] as number
    row.states[field] = custom?.has(field)
      ? custom.get(field)
      : algebra.fields[field]!.add(row.states[field], fields[i + 1] as LoggedInput, at)
  }
}

function byKey(a: RowDelta, b: RowDelta): number {
  if (a.parent !== b.parent) return compare(a.parent, b.parent)
  if (a.bucket !== b.bucket) return a.bucket - b.bucket
  const differs = a.dimensions.findIndex((value, i) => value !== b.dimensions[i])
  return differs === -1 ? 0 : compare(a.dimensions[differs]!, b.dimensions[differs]!)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
