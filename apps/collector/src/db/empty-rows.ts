import { sql } from 'drizzle-orm'
import { type Db, rowsOf } from './connect.ts'
import type { TableRows } from './fold-database.ts'
import { foldTypes } from './fold-sql.ts'
import { qualified, quoted } from './names.ts'
import { arrays, keysOf } from './table-calls.ts'
import { keyColumns } from './tables-sql.ts'

/**
 * Removes those of these rows whose fields all hold what a new row holds: what an import alone had made is gone when
 * it is taken back. A row that is added to meanwhile stays, because Postgres looks again once it has the row's lock.
 */
export async function removeEmptyRows(db: Db, schema: string, { layout, rows }: TableRows): Promise<void> {
  if (rows.length === 0) return
  const keys = keyColumns(layout).map(({ name }) => name)
  const asked = sql.join(arrays(keysOf(layout, rows), foldTypes(layout)), sql`, `)
  const same = keys.map((name) => `t.${quoted(name)} = k.${quoted(name)}`)
  const names = keys.map(quoted).join(', ')
  const empty = await emptyCondition(db, schema, layout.name, new Set(keys))
  await db.execute(
    sql`delete from ${sql.raw(qualified(schema, layout.name))} t using unnest(${asked}) as k(${sql.raw(names)})
      where ${sql.raw([...same, ...empty].join(' and '))}`,
  )
}

/** Column by column, that it holds its default. */
async function emptyCondition(
  db: Db,
  schema: string,
  table: string,
  keys: ReadonlySet<string>,
): Promise<string[]> {
  const columns = await rowsOf<{ name: string; value: string | null }>(
    db,
    sql`select a.attname as name, pg_get_expr(d.adbin, d.adrelid) as value from pg_attribute a
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = ${qualified(schema, table)}::regclass and a.attnum > 0 and not a.attisdropped`,
  )
  return columns
    .filter(({ name }) => !keys.has(name) && name !== 'updated_at')
    .map(({ name, value }) => `t.${quoted(name)} is not distinct from ${value ?? 'null'}`)
}
