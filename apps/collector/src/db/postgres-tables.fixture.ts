import type { Dataset } from '@trackable/dataset'
import { type ColumnType, columnOf, layoutOf, type TableLayout } from '@trackable/dataset/fold'
import { sql } from 'drizzle-orm'
import { type Db, rowsOf } from './connect.ts'
import { inOrder, type Tables, textRow } from './memory-tables.ts'
import { literal, qualified, quoted } from './names.ts'

const MS = (column: string) => `(extract(epoch from ${column}) * 1000)::bigint`

/** What each of our own tables holds, under the names that the database in memory has for it. */
const INTERNAL: Record<string, string> = {
  _logs: `'log', log, 'position', position, 'counted', counted, 'paused', paused, 'batches', batches, 'received', received, 'accepted', accepted,
    'folded', folded, 'dead', dead, 'duplicates', duplicates, 'rejected', rejected, 'dropped', dropped, 'lost', lost,
    'latestArrival', case when isfinite(latest_arrival) then ${MS('latest_arrival')} end, 'oldestArrival', ${MS('oldest_arrival')}`,
  _batches: `'id', t.id, 'log', l.log, 'position', t.position, 'arrived', ${MS('arrived_at')}`,
  _repeats: `'log', l.log, 'position', t.position, 'arrived', ${MS('arrived_at')}`,
  _import_batches: `'log', l.log, 'id', t.id, 'name', name, 'generation', generation, 'from', first_row, 'to', end_row,
    'events', events, 'position', t.position,
    'arrived', to_char(arrived_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  _dead_letters: `'log', l.log, 'position', t.position, 'index', event_index, 'dataset', dataset, 'code', code,
    'message', message, 'arrival', ${MS('t.arrived_at')}, 'event', event, 'logged', logged, 'definition', definition`,
  _dimension_values: `'dataset', dataset, 'dimension', dimension, 'value', value`,
  _control: `'log', l.log, 'table', table_name, 'column', column_name, 'total', total::text`,
}

/** Every row of every table of a schema, as the database in memory gives its own. Tables without rows are left out. */
export async function tablesInPostgres(
  db: Db,
  schema: string,
  datasets: readonly Dataset[],
): Promise<Tables> {
  const tables: Tables = {}
  async function read(name: string, from: string, columns: string): Promise<void> {
    const rows = await rowsOf<{ row: string }>(
      db,
      sql.raw(`select json_build_object(${columns})::text as row from ${from}`),
    )
    if (rows.length > 0) tables[name] = inOrder(rows.map(({ row }) => textRow(JSON.parse(row))))
  }
  for (const [name, columns] of Object.entries(INTERNAL)) {
    const logs = /\bl\.log\b/.test(columns) ? ` join ${qualified(schema, '_logs')} l on l.number = t.log` : ''
    await read(name, `${qualified(schema, name)} t${logs}`, columns)
  }
  for (const layout of datasets.flatMap(layoutOf)) {
    await read(layout.name, qualified(schema, layout.name), columnsOf(layout))
  }
  return tables
}

function columnsOf(layout: TableLayout): string {
  const keys = ['parent', ...layout.dimensions.map(columnOf)]
  const columns = keys.map((name) => `${literal(name)}, ${quoted(name)}::text`)
  if (layout.bucket) columns.push(`'bucket', ${MS('bucket')}`)
  const fields = layout.fields.flatMap((field) => field.columns)
  return [...columns, ...fields.map(({ name, type }) => `${literal(name)}, ${textIn(name, type)}`)].join(', ')
}

/** A field's column as JSON that reads as `columnTexts` writes it. */
function textIn(name: string, type: ColumnType): string {
  const column = quoted(name)
  if (type === 'timestamptz') return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
  return type === 'jsonb' || type === 'double precision' ? column : `${column}::text`
}
