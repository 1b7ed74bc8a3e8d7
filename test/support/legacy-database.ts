import mysql from 'mysql2/promise'
import sqlite from 'node-sqlite3-wasm'
import postgres from 'postgres'

/** Runs statements in a database, and answers the last one as rows of text. */
export async function runSql(url: string, statements: readonly string[]): Promise<string[][]> {
  if (url.startsWith('sqlite:')) return onSqlite(url.slice('sqlite:'.length), statements)
  return url.startsWith('mysql:') ? onMysql(url, statements) : onPostgres(url, statements)
}

/** The numbers 1 to `count` as a table `s(i)`, in each one's own words. */
export function numbers(url: string, count: number): string {
  if (url.startsWith('mysql:')) return `(select seq as i from seq_1_to_${count}) s`
  if (url.startsWith('sqlite:')) {
    return `(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count}) select i from n) s`
  }
  return `(select i from generate_series(1, ${count}) as g(i)) s`
}

async function onPostgres(url: string, statements: readonly string[]): Promise<string[][]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  let rows: Record<string, unknown>[] = []
  for (const statement of statements) rows = [...(await sql.unsafe(statement))]
  await sql.end()
  return rows.map((row) => Object.values(row).map(String))
}

async function onMysql(url: string, statements: readonly string[]): Promise<string[][]> {
  const connection = await mysql.createConnection({ uri: url, dateStrings: true })
  let rows: unknown = []
  for (const statement of statements) [rows] = await connection.query({ sql: statement, rowsAsArray: true })
  await connection.end()
  return Array.isArray(rows) ? rows.map((row: unknown[]) => row.map(String)) : []
}

function onSqlite(path: string, statements: readonly string[]): string[][] {
  const database = new sqlite.Database(path)
  const rows = statements.map((statement) => database.all(statement)).at(-1) ?? []
  database.close()
  return rows.map((row) => Object.values(row).map(String))
}
