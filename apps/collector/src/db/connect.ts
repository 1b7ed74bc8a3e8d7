import type { SQL } from 'drizzle-orm'
import type { PgDatabase } from 'drizzle-orm/pg-core'
import { drizzle as drizzleProxy } from 'drizzle-orm/pg-proxy'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import { openPglite } from './pglite.ts'

/** Drizzle over either database. */
export type Db = PgDatabase<any, any, any>

const SESSION_SECONDS = 15

/** An open database. */
export interface Connection {
  db: Db
  close(): Promise<void>
}

/** A statement's rows, every column as the text or number that the driver gives. */
export async function rowsOf<Row = Record<string, unknown>>(db: Db, query: SQL): Promise<Row[]> {
  return (await db.execute(query)) as unknown as Row[]
}

/**
 * Opens `postgres://…` or `pglite://FOLDER`. A Postgres that is away does not fail this call but the first
 * statement; PGlite does not start where its files are damaged.
 */
export async function connect(url: string): Promise<Connection> {
  if (url.startsWith('pglite://')) {
    const pglite = await openPglite(url.slice('pglite://'.length))
    return { db: drizzleProxy(pglite.query), close: pglite.close }
  }
  const { default: postgres } = await import('postgres')
  const client = postgres(url, {
    max: 4,
    connect_timeout: 10,
    idle_timeout: 60,
    // A session that was opened while the server took no writes takes none for as long as it lives.
    max_lifetime: SESSION_SECONDS,
    onnotice: () => undefined,
    // No query of the driver's own, such as it also makes for `target_session_attrs`: nobody catches what it rejects
    // with, so that a server which dies before it is answered ends the process (proven by `connect.test.ts`).
    fetch_types: false,
    connection: { application_name: 'trackable', TimeZone: 'UTC', statement_timeout: 60_000 },
  })
  return { db: drizzlePostgres(client), close: () => client.end({ timeout: 5 }) }
}
