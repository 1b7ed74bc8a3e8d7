import type { Dataset } from '@trackable/dataset'
import { type KeyRing, mirroredKeys, mirrorKeys } from '../keys.ts'
import { readMirror, writeMirror } from '../mirror.ts'
import { type Report, reasonOf } from '../report.ts'
import type { Secret } from '../secret.ts'
import type { Connection } from './connect.ts'
import { listKeys, readSecret } from './keys.ts'
import { DestructiveMigrationError, migrate } from './migrate.ts'

/** What the database is prepared for. */
export interface DatabaseOptions {
  connection: Connection
  schema: string
  datasets: readonly Dataset[]
  keys: KeyRing
  secret: Secret
  /** Files that mirror the keys and the secret. */
  mirror: { keys: string; secret: string }
  /** True for a database server, which may be away for a while; the embedded one either opens or does not. */
  remote: boolean
  report: Report
}

/** The database as the collector starts with it, and follows it. */
export interface Database {
  /** Takes the keys from the database into ring and mirror. */
  loadKeys(): Promise<void>
  /** Migrates and loads the keys, now or, where the server is away, later; calls back once that is done. */
  prepare(onReady: () => void, onFatal: (error: Error) => void): Promise<void>
  stop(): void
}

const KEYS_EVERY = 4000
const RETRY_EVERY = 3000

/** Keeps tables and keys in step with the configuration. Until the server is there, keys come from the mirror. */
export function createDatabase({
  connection: { db, writing },
  schema,
  datasets,
  keys,
  secret,
  mirror,
  remote,
  report,
}: DatabaseOptions): Database {
  let stopped = false
  let mirroredText: string | undefined
  let refreshing: NodeJS.Timeout | undefined

  async function loadKeys(): Promise<void> {
    const list = await listKeys(db, schema)
    keys.replace(list)
    const text = JSON.stringify(list)
    if (text === mirroredText) return
    await mirrorKeys(mirror.keys, list)
    mirroredText = text
  }

  async function loadSecret(): Promise<void> {
    const stored = await readSecret(db, schema)
    secret.replace(stored)
    await writeMirror(mirror.secret, stored)
  }

  async function attempt(): Promise<boolean> {
    try {
      await writing(() => migrate(db, schema, datasets, false))
      await loadSecret()
      await loadKeys()
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
    refreshing = setInterval(() => void loadKeys().catch(() => undefined), KEYS_EVERY)
    onReady()
  }

  return {
    loadKeys,
    async prepare(onReady, onFatal) {
      const mirrored = await mirroredKeys(mirror.keys)
      if (mirrored) keys.replace(mirrored)
      const known = await readMirror(mirror.secret)
      if (known) secret.replace(known)
      if (await attempt()) follow(onReady)
      else void keepTrying(onReady).catch(onFatal)
    },
    stop() {
      stopped = true
      clearInterval(refreshing)
    },
  }
}
