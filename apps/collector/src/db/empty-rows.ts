import { columnOf } from '@trackable/dataset/fold'
import { sql } from 'drizzle-orm'
import { type Db, rowsOf } from './connect.ts'
import type { TableRows } from './fold-database.ts'
import { arrayLiteral, qualified, quoted } from './names.ts'

/**
 * Removes those of these rows whose fields all hold what a new row holds: what an import alone had made is gone when
 * it is taken back. A row that is added to meanwhile stays, because Postgres looks again once it has the row's lock.
 */
export async function removeEmptyRows(db: Db, schema: string, { layout, rows }: TableRows): Promise<void> {
  if (rows.length === 0) return
  const keys = [
    { name: 'parent', type: 'text', values: rows.map(({ parent }) => parent) },
    ...(layout.bucket
      ? [
          {
            name: 'bucket',
            type: 'timestamptz',
            values: rows.map(({ bucket }) => new Date(bucket).toISOString()),
          },
        ]
      : []),
    ...layout.dimensions.map((dimension, i) => ({
      name: columnOf(dimension),
      type: 'text',
      values: rows.map(({ dimensions }) => dimensions[i] as string),
    })),
  ]
  const asked = sql.join(
    keys.map(({ type, values }) => sql`${arrayLiteral(values)}::${sql.raw(type)}[]`),
    sql`, `,
  )
  const same = keys.map(({ name }) => {
    const column = quoted(name)
    return name === 'parent' ? `t.parent = k.parent::${PARENTS[layout.parent]}` : `t.${column} = k.${column}`
  })
  const names = keys.map(({ name }) => quoted(name)).join(', ')
  const empty = await emptyCondition(db, schema, layout.name, new Set(keys.map(({ name }) => name)))
  await db.execute(
    sql`delete from ${sql.raw(qualified(schema, layout.name))} t using unnest(${asked}) as k(${sql.raw(names)})
      where ${sql.raw([...same, ...empty].join(' and '))}`,
  )
}

const PARENTS = { text: 'text', uuid: 'uuid', bigint: 'bigint' }

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
