import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SQL } from 'drizzle-orm'
import type { PgDatabase } from 'drizzle-orm/pg-core'
import { drizzle as drizzleProxy } from 'drizzle-orm/pg-proxy'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import { sqlStateOf } from './errors.ts'
import { openPglite } from './pglite.ts'

/** Drizzle over either database. */
export type Db = PgDatabase<any, any, any>

/** An open database. */
export interface Connection {
  db: Db
  /**
   * Does what writes; where its session refuses it as read-only, once more on new ones. A session that was opened while
   * the server took no writes, as before a failover was over, takes none for as long as it lives.
   */
  writing<T>(act: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

const READ_ONLY = '25006'
const GOODBYE_MS = 50

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
    return { db: drizzleProxy(pglite.query), writing: (act) => act(), close: pglite.close }
  }
  const { default: postgres } = await import('postgres')
  // A name of its own, so that what is dropped are the sessions of this pool alone.
  const application = `trackable ${randomBytes(4).toString('hex')}`
  const client = postgres(url, {
    max: 4,
    connect_timeout: 10,
    idle_timeout: 60,
    max_lifetime: null,
    onnotice: () => undefined,
    // No query of the driver's own, such as it also makes for `target_session_attrs`: nobody catches what it rejects
    // with, so that a server which dies before it is answered ends the process (proven by `connect.test.ts`).
    fetch_types: false,
    connection: { application_name: application, TimeZone: 'UTC', statement_timeout: 60_000 },
  })
  async function dropSessions(): Promise<void> {
    const drop = 'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1'
    // Its own session is among them, so that the statement fails where it succeeds.
    await client.unsafe(drop, [application]).catch(() => undefined)
    await sleep(GOODBYE_MS)
  }

  return {
    db: drizzlePostgres(client),
    async writing(act) {
      try {
        return await act()
      } catch (error) {
        if (sqlStateOf(error) !== READ_ONLY) throw error
      }
      await dropSessions()
      return act()
    },
    close: () => client.end({ timeout: 5 }),
  }
}
