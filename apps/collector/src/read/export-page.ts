import { type TableLayout, type ZoneClock, zoneClock } from '@trackable/dataset/fold'
import { type SQL, sql } from 'drizzle-orm'
import { bareType, PARENT_TYPES } from '../db/columns.ts'
import { type Db, rowsOf } from '../db/connect.ts'
import { fieldExpression, fieldResult, readsStates } from '../db/field-reads.ts'
import { qualified } from '../db/names.ts'
import type { ExportedRow } from './export-format.ts'
import { column } from './top-ranks.ts'
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
  const texts = found.map(({ row }) => JSON.parse(row) as (string | null)[])
  const keysOf = (row: (string | null)[]) => row.slice(0, names.length) as string[]
  const rows = texts.map(
    (row): ExportedRow => ({
      key: inZone(layout, keysOf(row), zoneClock(layout.dataset.series?.zone ?? 'UTC')),
      results: definitions.map((field, i) => fieldResult(field, row[names.length + i]!, quantiles)),
    }),
  )
  // In UTC: the offsets of old zones have seconds, and are printed without them.
  const last = rows.length === most ? inZone(layout, keysOf(texts.at(-1)!), zoneClock('UTC')) : undefined
  return { rows, next: last }
}

function behind(layout: TableLayout, keys: SQL, [parent, ...rest]: string[]): SQL {
  const values = [
    sql`${String(storedParent(layout.parent, parent!))}::${sql.raw(bareType(PARENT_TYPES[layout.parent]))}`,
  ]
  if (layout.bucket) values.push(sql`${new Date(rest[0]!).toISOString()}::timestamptz`)
  for (const dimension of rest.slice(layout.bucket ? 1 : 0)) values.push(sql`${dimension}::text`)
  return sql`(${keys}) > (${sql.join(values, sql`, `)})`
}

/** A key with its bucket in a zone; that of the dataset is how every read gives it. */
function inZone({ bucket }: TableLayout, key: string[], clock: ZoneClock): string[] {
  if (!bucket) return key
  return [key[0]!, clock.iso(Number(key[1])).replace('.000', ''), ...key.slice(2)]
}

function bucketMs(): SQL {
  return sql`(extract(epoch from bucket) * 1000)::bigint::text`
}
