import type { Database, Rows, Value } from './database.ts'

const GROUP = 1000

/** Opens a Postgres, read-only and with times in UTC. */
export async function openPostgres(url: string): Promise<Database> {
  const { default: postgres } = await import('postgres')
  const sql = postgres(url, {
    max: 2,
    connect_timeout: 10,
    fetch_types: false,
    onnotice: () => undefined,
    connection: { default_transaction_read_only: true, TimeZone: 'UTC', DateStyle: 'ISO' } as never,
  })
  await sql`select 1`
  const rowsOf = async (query: string, parameters: string[] = []) =>
    (await sql.unsafe(query, parameters)) as unknown as Record<string, string>[]
  return {
    quoted: (name) => `"${name.replaceAll('"', '""')}"`,
    asText: (expression) => `${expression}::text`,
    async *stream(query) {
      const statement = sql.unsafe(query).raw()
      // As the server writes them: no value goes through a number or a date of JavaScript.
      const described = await sql.unsafe(query).describe()
      const columns = described.columns.map(({ name }) => name)
      yield { columns, rows: [] }
      for await (const group of statement.cursor(GROUP)) {
        const rows = group as unknown as (Buffer | null)[][]
        yield {
          columns,
          rows: rows.map((row) => row.map((cell): Value => cell?.toString('utf8'))),
        } satisfies Rows
      }
    },
    async tables() {
      const rows = await rowsOf(
        `select relname as name from pg_class where relkind in ('r', 'p', 'v', 'm', 'f') and pg_table_is_visible(oid)
          and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) order by 1`,
      )
      return rows.map(({ name }) => name as string)
    },
    async columns(table) {
      const rows = await rowsOf(
        `select attname as name, format_type(atttypid, null) as type from pg_attribute a join pg_class c on c.oid = a.attrelid
          where c.relname = $1 and pg_table_is_visible(c.oid) and a.attnum > 0 and not a.attisdropped order by a.attnum`,
        [table],
      )
      return rows.map(({ name, type }) => ({ name: name as string, type: (type as string).toLowerCase() }))
    },
    async references(table) {
      const rows = await rowsOf(
        `select a.attname as column, f.relname as table, k.attname as key from pg_constraint r
          join pg_class c on c.oid = r.conrelid and c.relname = $1 and pg_table_is_visible(c.oid)
          join pg_class f on f.oid = r.confrelid
          join pg_attribute a on a.attrelid = c.oid and a.attnum = r.conkey[1]
          join pg_attribute k on k.attrelid = f.oid and k.attnum = r.confkey[1]
          where r.contype = 'f' and cardinality(r.conkey) = 1`,
        [table],
      )
      return rows.map(({ column, table, key }) => ({ column: column!, table: table!, key: key! }))
    },
    close: () => sql.end({ timeout: 5 }),
  }
}
