import type { Database, Rows, Value } from './database.ts'

const GROUP = 1000

/** Opens a MySQL or MariaDB, read-only and with timestamps in UTC. */
export async function openMysql(url: string): Promise<Database> {
  const { createConnection } = await import('mysql2')
  const connection = createConnection({
    uri: url,
    timezone: 'Z',
    supportBigNumbers: true,
    dateStrings: true,
    connectTimeout: 10_000,
  })
  // Told by the query that it broke; without a listener it would end the process.
  connection.on('error', () => undefined)
  const rowsOf = (sql: string, values: string[] = []) =>
    new Promise<Value[][]>((resolve, reject) => {
      connection.query({ sql, values, rowsAsArray: true, typeCast: textOf }, (error, rows) =>
        error ? reject(error) : resolve(rows as unknown as Value[][]),
      )
    })
  await rowsOf(`set session transaction read only`)
  await rowsOf(`set time_zone = '+00:00'`)
  return {
    quoted: (name) => `\`${name.replaceAll('`', '``')}\``,
    asText: (expression) => `cast(${expression} as char)`,
    async *stream(sql) {
      const query = connection.query({ sql, rowsAsArray: true, typeCast: textOf })
      let columns: string[] = []
      query.on('fields', (fields: { name: string }[]) => {
        columns = fields.map(({ name }) => name)
      })
      let rows: Value[][] = []
      for await (const row of query.stream({ highWaterMark: GROUP })) {
        rows.push(row as Value[])
        if (rows.length < GROUP) continue
        yield { columns, rows } satisfies Rows
        rows = []
      }
      yield { columns, rows }
    },
    async tables() {
      const rows = await rowsOf(
        'select table_name from information_schema.tables where table_schema = database() order by 1',
      )
      return rows.map(([name]) => name as string)
    },
    async columns(table) {
      const rows = await rowsOf(
        `select column_name, column_type from information_schema.columns
          where table_schema = database() and table_name = ? order by ordinal_position`,
        [table],
      )
      return rows.map(([name, type]) => ({ name: name as string, type: (type as string).toLowerCase() }))
    },
    async references(table) {
      const rows = await rowsOf(
        `select column_name, referenced_table_name, referenced_column_name from information_schema.key_column_usage
          where table_schema = database() and table_name = ? and referenced_table_name is not null`,
        [table],
      )
      return rows.map(([column, to, key]) => ({ column: column!, table: to!, key: key! }))
    },
    // Ending it would wait for all rows of a query that nobody reads on.
    close: () => Promise.resolve(connection.destroy()),
  }
}

/** The text that the server sends: no value goes through a number or a date of JavaScript. */
function textOf(field: { string(): string | null }): Value {
  return field.string() ?? undefined
}
