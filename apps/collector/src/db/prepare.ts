import type { Dataset } from '@trackable/dataset'
import { mirroredList, mirrorList } from '../mirror.ts'
import { type Report, reasonOf } from '../report.ts'
import type { Connection, Db } from './connect.ts'
import { DestructiveMigrationError, migrate } from './migrate.ts'

/** A list in the database that ingest goes by, also while the database is away: keys, spiders. */
export interface FollowedList<T> {
  /** File that mirrors it. */
  mirror: string
  read(db: Db, schema: string): Promise<T[]>
  use(list: T[]): void
}

/** What the database is prepared for. */
export interface DatabaseOptions {
  connection: Connection
  schema: string
  datasets: readonly Dataset[]
  lists: readonly FollowedList<any>[]
  /** True for a database server, which may be away for a while; the embedded one either opens or does not. */
  remote: boolean
  report: Report
}

/** The database as the collector starts with it, and follows it. */
export interface Database {
  /** Takes the lists from the database into use and mirror. */
  loadLists(): Promise<void>
  /** Migrates and loads the lists, now or, where the server is away, later; calls back once that is done. */
  prepare(onReady: () => void, onFatal: (error: Error) => void): Promise<void>
  stop(): void
}

/** How often lists are read anew, in milliseconds: less than the five seconds after which a revoked key is refused. */
export const LISTS_EVERY = 4000
const RETRY_EVERY = 3000

/** Keeps tables and keys in step with the configuration. Until the server is there, lists come from their mirrors. */
export function createDatabase({
  connection: { db, writing },
  schema,
  datasets,
  lists,
  remote,
  report,
}: DatabaseOptions): Database {
  let stopped = false
  const mirrored = new Map<string, string>()
  let refreshing: NodeJS.Timeout | undefined

  let loading: Promise<void> = Promise.resolve()

  // One after the other: two that write one mirror at once would take its file from each other.
  function loadLists(): Promise<void> {
    loading = loading.catch(() => undefined).then(loadOnce)
    return loading
  }

  async function loadOnce(): Promise<void> {
    for (const { mirror, read, use } of lists) {
      const list = await read(db, schema)
      const text = JSON.stringify(list)
      if (text === mirrored.get(mirror)) continue
      use(list)
      await mirrorList(mirror, list)
      mirrored.set(mirror, text)
    }
  }

  async function attempt(): Promise<boolean> {
    try {
      await writing(() => migrate(db, schema, datasets, false))
      await loadLists()
      return true
    } catch (error) {
      if (error instanceof DestructiveMigrationError || !remote) throw error
      report('error', `database: ${reasonOf(error)}; accepting into the log, trying again`)
      return false
    }
  }

  async function keepTrying(onReady: () => void): Promise<void> {
    while (!stopped) {
      await new Promise((settle) => setTimeout(settle, RETRY_EVERY))
      if (!stopped && (await attempt())) return follow(onReady)
    }
  }

  /** A key that was revoked elsewhere is refused here within five seconds. */
  function follow(onReady: () => void): void {
    refreshing = setInterval(() => void loadLists().catch(() => undefined), LISTS_EVERY)
    onReady()
  }

  return {
    loadLists,
    async prepare(onReady, onFatal) {
      for (const { mirror, use } of lists) {
        const list = await mirroredList(mirror)
        if (list) use(list)
      }
      if (await attempt()) follow(onReady)
      else void keepTrying(onReady).catch(onFatal)
    },
    stop() {
      stopped = true
      clearInterval(refreshing)
    },
  }
}
