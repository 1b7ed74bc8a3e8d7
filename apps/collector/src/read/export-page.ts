import { columnOf, type TableLayout, zoneClock } from '@trackable/dataset/fold'
import { type SQL, sql } from 'drizzle-orm'
import { bareType, PARENT_TYPES } from '../db/columns.ts'
import { type Db, rowsOf } from '../db/connect.ts'
import { fieldExpression, fieldResult, readsStates } from '../db/field-reads.ts'
import { qualified, quoted } from '../db/names.ts'
import type { ExportedRow } from './export-format.ts'
import { storedParent } from './totals.ts'

/** What an export reads: the rows of a table behind a key. */
export interface ExportQuery {
  layout: TableLayout
  fields: string[]
  after: string[] | undefined
  quantiles: readonly number[]
}

const ROWS = 2000
/** A state may take 10 KB. */
const ROWS_WITH_STATES = 200

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

/** A page of rows, and the key to go on from; undefined at the end. */
export async function readPage(
  db: Db,
  schema: string,
  { layout, fields, after, quantiles }: ExportQuery,
): Promise<{ rows: ExportedRow[]; next: string[] | undefined }> {
  const names = keyNames(layout)
  const definitions = fields.map((name) => layout.dataset.fields[name]!)
  const most = definitions.some(readsStates) ? ROWS_WITH_STATES : ROWS
  const keys = sql.join(names.map(column), sql`, `)
  const shown = names.map((name) => (name === 'bucket' ? bucketMs() : sql`${column(name)}::text`))
  const results = fields.map((name, i) => fieldExpression(name, definitions[i]!))
  // Each row is a group of its own: its key is what they are grouped by.
  const found = await rowsOf<{ row: string }>(
    db,
    sql`select json_build_array(${sql.join([...shown, ...results], sql`, `)})::text as row from (
        select * from ${sql.raw(qualified(schema, layout.name))} where ${after ? behind(layout, keys, after) : sql`true`}
        order by ${keys} limit ${most}::int
      ) as page group by ${keys} order by ${keys}`,
  )
  const rows = found.map(({ row }): ExportedRow => {
    const texts = JSON.parse(row) as (string | null)[]
    return {
      key: localised(layout, texts.slice(0, names.length) as string[]),
      results: definitions.map((field, i) => fieldResult(field, texts[names.length + i]!, quantiles)),
    }
  })
  return { rows, next: rows.length === most ? rows.at(-1)!.key : undefined }
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
function localised(layout: TableLayout, key: string[]): string[] {
  if (!layout.bucket) return key
  const iso = zoneClock(layout.dataset.series!.zone).iso(Number(key[1])).replace('.000', '')
  return [key[0]!, iso, ...key.slice(2)]
}

function bucketMs(): SQL {
  return sql`(extract(epoch from bucket) * 1000)::bigint::text`
}

function column(name: string): SQL {
  return sql.raw(quoted(columnOf(name)))
}
