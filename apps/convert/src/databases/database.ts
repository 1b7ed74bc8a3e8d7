import { ConvertError, wrongUsage } from '../error.ts'
import { type Scheme, schemeOf, shownAddress, sqlitePath } from './address.ts'

/** A value as text, as the database writes it; undefined is null. */
export type Value = string | undefined

/** Rows of a query that came together. `columns` are their names, in order. */
export interface Rows {
  columns: readonly string[]
  rows: Value[][]
}

/** A table that refers to another one. */
export interface Reference {
  column: string
  table: string
  /** The column that it refers to. */
  key: string
}

/** A legacy database, open for reading only. */
export interface Database {
  /** The name of a table or column as SQL has it. */
  quoted(name: string): string
  /** A value of a column as text. */
  asText(expression: string): string
  /** Streams a query's rows in groups; the first group comes also where it has no rows. */
  stream(sql: string): AsyncGenerator<Rows>
  /** Names of all tables. */
  tables(): Promise<string[]>
  /** The columns of a table with their types, in small letters; empty where there is none such. */
  columns(table: string): Promise<{ name: string; type: string }[]>
  references(table: string): Promise<Reference[]>
  close(): Promise<void>
}

const OPENERS: Record<Scheme, (url: string) => Promise<Database>> = {
  'postgres:': async (url) => (await import('./postgres.ts')).openPostgres(url),
  'postgresql:': async (url) => (await import('./postgres.ts')).openPostgres(url),
  'mysql:': async (url) => (await import('./mysql.ts')).openMysql(url),
  'mariadb:': async (url) => (await import('./mysql.ts')).openMysql(url.replace('mariadb:', 'mysql:')),
  'sqlite:': async (url) => (await import('./sqlite.ts')).openSqlite(sqlitePath(url)),
}

/**
 * Opens `postgres://…`, `mysql://…` or `sqlite:FILE`. The driver is loaded now, so that nobody waits for one they do
 * not use.
 * @throws ConvertError where it cannot be reached
 */
export async function openDatabase(url: string): Promise<Database> {
  const scheme = schemeOf(url)
  if (!scheme)
    throw wrongUsage(`${shownAddress(url)} is no database; expected postgres://, mysql:// or sqlite:`)
  try {
    return await OPENERS[scheme](url)
  } catch (error) {
    throw unreadable(url, error)
  }
}

/** What a failing query means to a person. */
export function unreadable(url: string, error: unknown): Error {
  if (error instanceof ConvertError) return error
  const { message, code } = error as { message?: string; code?: string }
  return new ConvertError('input', `${shownAddress(url)} cannot be read: ${message || code || String(error)}`)
}
