import { columnOf, type TableLayout, zoneClock } from '@trackable/dataset/fold'
import { type SQL, sql } from 'drizzle-orm'
import { bareType, PARENT_TYPES } from '../db/columns.ts'
import { type Db, rowsOf } from '../db/connect.ts'
import { qualified, quoted } from '../db/names.ts'
import { storedParent } from './totals.ts'

/** What an export reads: the rows of a table behind a key. */
export interface ExportQuery {
  layout: TableLayout
  fields: string[]
  after: string[] | undefined
}

const ROWS = 2000

/** The names of a table's key, in order. */
export function keyNames({ bucket, dimensions }: TableLayout): string[] {
  return ['parent', ...(bucket ? ['bucket'] : []), ...dimensions]
}

/** Whether a value is the key of a row that the table could have. */
export function isKeyOf(layout: TableLayout, key: unknown): key is string[] {
  if (!Array.isArray(key) || key.length !== keyNames(layout).length) return false
  if (!key.every((part) => typeof part === 'string' && !part.includes('\u0000'))) return false
  if (layout.bucket && Number.isNaN(Date.parse(key[1]))) return false
  return storedParent(layout.parent, key[0]) !== undefined
}

/** A page of rows as text, key first, and the key to go on from; undefined at the end. */
export async function readPage(
  db: Db,
  schema: string,
  { layout, fields, after }: ExportQuery,
): Promise<{ rows: string[][]; next: string[] | undefined }> {
  const names = keyNames(layout)
  const keys = sql.join(names.map(column), sql`, `)
  const shown = names.map((name) => (name === 'bucket' ? bucketMs() : text(name)))
  const found = await rowsOf<{ row: string }>(
    db,
    sql`select json_build_array(${sql.join([...shown, ...fields.map(text)], sql`, `)})::text as row
      from ${sql.raw(qualified(schema, layout.name))} where ${after ? behind(layout, keys, after) : sql`true`}
      order by ${keys} limit ${ROWS}::int`,
  )
  const rows = found.map(({ row }) => localised(layout, JSON.parse(row) as string[]))
  return { rows, next: rows.length === ROWS ? rows.at(-1)!.slice(0, names.length) : undefined }
}

function behind(layout: TableLayout, keys: SQL, [parent, ...rest]: string[]): SQL {
  const values = [
    sql`${String(storedParent(layout.parent, parent!))}::${sql.raw(bareType(PARENT_TYPES[layout.parent]))}`,
  ]
  if (layout.bucket) values.push(sql`${new Date(rest[0]!).toISOString()}::timestamptz`)
  for (const dimension of rest.slice(layout.bucket ? 1 : 0)) values.push(sql`${dimension}::text`)
  return sql`(${keys}) > (${sql.join(values, sql`, `)})`
}

/** Buckets in the zone of their dataset, as every read gives them. */
function localised(layout: TableLayout, row: string[]): string[] {
  if (!layout.bucket) return row
  const iso = zoneClock(layout.dataset.series!.zone).iso(Number(row[1])).replace('.000', '')
  return [row[0]!, iso, ...row.slice(2)]
}

function bucketMs(): SQL {
  return sql`(extract(epoch from bucket) * 1000)::bigint::text`
}

function text(name: string): SQL {
  return sql`${column(name)}::text`
}

function column(name: string): SQL {
  return sql.raw(quoted(columnOf(name)))
}
