import { sql } from 'drizzle-orm'
import { type Db, rowsOf } from './connect.ts'
import { qualified } from './names.ts'

/** A part of an import that has counted. */
export interface CountedPart {
  from: number
  to: number
  id: string
}

/** The newest generation of an import and its parts from a row on, in order; undefined for one that is unknown. */
export async function readImport(
  db: Db,
  schema: string,
  name: string,
  after: number,
  limit: number,
): Promise<{ name: string; generation: number; parts: CountedPart[]; next: number | null } | undefined> {
  const table = sql.raw(qualified(schema, '_import_batches'))
  const rows = await rowsOf<{ generation: string; from: string; to: string; id: string }>(
    db,
    sql`select generation::text, first_row::text as "from", end_row::text as "to", id::text from ${table}
      where name = ${name} and generation = (select max(generation) from ${table} where name = ${name})
        and first_row >= ${after}::bigint
      order by first_row limit ${limit + 1}::int`,
  )
  if (rows.length === 0 && after === 0) return undefined
  const parts = rows.map((row) => ({ from: Number(row.from), to: Number(row.to), id: row.id }))
  const next = parts.length > limit ? parts[limit]!.from : null
  return { name, generation: Number(rows[0]?.generation ?? 0), parts: parts.slice(0, limit), next }
}
