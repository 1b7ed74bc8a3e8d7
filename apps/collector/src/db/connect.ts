import type { SQL } from 'drizzle-orm'
import type { PgDatabase } from 'drizzle-orm/pg-core'
import { drizzle as drizzleProxy } from 'drizzle-orm/pg-proxy'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import { openPglite } from './pglite.ts'

/** Drizzle over either database. */
export type Db = PgDatabase<any, any, any>

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
    max_lifetime: null,
    onnotice: () => undefined,
    // After a failover the pool must not keep sessions of a server that takes no writes.
    target_session_attrs: 'read-write',
    connection: { application_name: 'trackable', TimeZone: 'UTC', statement_timeout: 60_000 },
  })
  return { db: drizzlePostgres(client), close: () => client.end({ timeout: 5 }) }
}
