import postgres from 'postgres'

const TABLES = ['article', 'article_by_dimensions', 'article_by_hour', 'article_by_day']

/** Every row of a dataset's tables whose parent begins so, as text, without when it was written. */
export async function articleTables(databaseUrl: string, prefix: string): Promise<Record<string, string[]>> {
  const sql = postgres(databaseUrl, { max: 1, connection: { TimeZone: 'UTC' } })
  const tables: Record<string, string[]> = {}
  for (const table of TABLES) {
    const rows = await sql.unsafe<{ row: string }[]>(
      `select (to_jsonb(t) - 'updated_at')::text as row from trackable.${table} t where parent like $1 order by 1`,
      [`${prefix}%`],
    )
    tables[table] = rows.map(({ row }) => row)
  }
  await sql.end()
  return tables
}
