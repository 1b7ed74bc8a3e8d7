import { existsSync } from 'node:fs'
import { ConvertError } from '../error.ts'
import type { Database, Value } from './database.ts'

const GROUP = 1000

/** Opens a file of SQLite, read-only. */
export async function openSqlite(path: string): Promise<Database> {
  if (!existsSync(path)) throw new ConvertError('input', `${path} is not there; expected a file of SQLite`)
  const { default: sqlite } = await import('node-sqlite3-wasm')
  const database = new sqlite.Database(path, { readOnly: true, fileMustExist: true })
  const rowsOf = (sql: string, values: string[] = []) =>
    database.all(sql, values) as unknown as Record<string, string>[]
  return {
    quoted: (name) => `"${name.replaceAll('"', '""')}"`,
    asText: (expression) => `cast(${expression} as text)`,
    async *stream(sql) {
      const statement = database.prepare(sql)
      try {
        let columns: string[] = []
        let rows: Value[][] = []
        for (const row of statement.iterate() as Iterable<Record<string, unknown>>) {
          if (columns.length === 0) columns = Object.keys(row)
          rows.push(columns.map((name) => textOf(row[name])))
          if (rows.length < GROUP) continue
          yield { columns, rows }
          rows = []
        }
        yield { columns, rows }
      } finally {
        statement.finalize()
      }
    },
    tables: () =>
      Promise.resolve(
        rowsOf("select name from sqlite_master where type in ('table', 'view') order by 1").map(
          ({ name }) => name!,
        ),
      ),
    columns: (table) =>
      Promise.resolve(
        rowsOf('select name, type from pragma_table_info(?)', [table]).map(({ name, type }) => ({
          name: name!,
          type: type!.toLowerCase(),
        })),
      ),
    references: (table) =>
      Promise.resolve(
        rowsOf('select "from" as "column", "table", "to" as key from pragma_foreign_key_list(?)', [
          table,
        ]).map(
          // Without a column it is the primary key that is meant.
          ({ column, table: to, key }) => ({ column: column!, table: to!, key: key ?? 'id' }),
        ),
      ),
    close: () => Promise.resolve(database.close()),
  }
}

function textOf(value: unknown): Value {
  if (value === null || value === undefined) return undefined
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value)
}
