import type { Dataset } from '@trackable/dataset'
import { columnOf, layoutOf, type TableLayout } from '@trackable/dataset/fold'
import { sql } from 'drizzle-orm'
import { type Db, rowsOf } from './connect.ts'
import { literal, qualified } from './names.ts'
import type { SinceOf } from './tables-sql.ts'

/** Since when tables (under an empty column) and their columns count: `table.column` to a time. */
export type Since = ReadonlyMap<string, Date>

/** The statement that notes since when columns of a table count; an empty one is the table itself. */
export function noteSince(schema: string, table: string, columns: readonly string[], at: Date): string {
  const rows = columns.map(
    (column) => `(${literal(table)}, ${literal(column)}, ${literal(at.toISOString())})`,
  )
  return `insert into ${qualified(schema, '_since')} (table_name, column_name, since) values ${rows.join(', ')}
  on conflict (table_name, column_name) do update set since = excluded.since`
}

/** The statement that forgets it: of one column, or of the table with all of them. */
export function forgetSince(schema: string, table: string, column?: string): string {
  const which = column === undefined ? '' : ` and column_name = ${literal(column)}`
  return `delete from ${qualified(schema, '_since')} where table_name = ${literal(table)}${which}`
}

/** Reads all of it. The table must be there. */
export async function readSince(db: Db, schema: string): Promise<Since> {
  const rows = await rowsOf<{ name: string; at: string }>(
    db,
    sql.raw(
      `select table_name || '.' || column_name as name, (extract(epoch from since) * 1000)::bigint::text as at from ${qualified(schema, '_since')}`,
    ),
  )
  return new Map(rows.map(({ name, at }) => [name, new Date(Number(at))]))
}

/** What comments say of a table: nothing of what has counted from the beginning of the dataset or of the table. */
export function sinceOf(since: Since, layout: TableLayout, at: Date): SinceOf {
  const start = (name: string) => since.get(name) ?? at
  const totals = start(`${columnOf(layout.dataset.name)}.`)
  const table = start(`${layout.name}.`)
  return (column) => {
    const own = column === 'updated_at' ? table : start(`${layout.name}.${column}`)
    const later = column === '' ? own > totals : own > table
    return later ? `; counted since ${own.toISOString().replace('.000Z', 'Z')}` : ''
  }
}

/** Since when a dataset, and what was added to it later, is counted; ISO times. */
export interface DatasetSince {
  dataset: string | undefined
  /** Tables that are younger than the totals, by kind: `day`, or `dimensions`. */
  tables: Record<string, string>
  /** Fields and dimensions that are younger than the totals. */
  fields: Record<string, string>
  dimensions: Record<string, string>
}

/** The same for readers of the API. */
export function datasetSince(since: Since, dataset: Dataset): DatasetSince {
  const layouts = layoutOf(dataset)
  const totals = since.get(`${columnOf(dataset.name)}.`)
  const later = (entries: [string, Date | undefined][]): Record<string, string> =>
    Object.fromEntries(
      entries.flatMap(([name, at]) => (at && totals && at > totals ? [[name, at.toISOString()]] : [])),
    )
  const oldest = (column: string, tables: TableLayout[]) =>
    tables.map(({ name }) => since.get(`${name}.${column}`)).sort((a, b) => Number(a) - Number(b))[0]
  const wide = layouts.filter(({ kind }) => kind !== 'totals')
  return {
    dataset: totals?.toISOString(),
    tables: later(wide.map(({ kind, name }) => [kind, since.get(`${name}.`)])),
    fields: later(Object.keys(dataset.fields).map((name) => [name, oldest(columnOf(name), layouts)])),
    dimensions: later(Object.keys(dataset.dimensions).map((name) => [name, oldest(columnOf(name), wide)])),
  }
}
