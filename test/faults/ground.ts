import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkReceipts, type ReceiptCheck } from '../support/check-receipts.ts'
import { type CollectorProcess, launchCollector } from '../support/collector.ts'
import { startCommand } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'
import { type Load, type LoadOptions, startLoad } from '../support/load.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { tempDir } from '../support/temp-dir.ts'

/** The configuration that the load is written for. */
export const RECEIPT_CONFIG = fileURLToPath(
  new URL('../../fixtures/datasets/receipt.config.ts', import.meta.url),
)

/** What a fault is played on: a database, a data folder, a port, a key and a file of receipts, all of its own. */
export interface Ground {
  databaseUrl: string
  dataDir: string
  key: string
  /** Starts a collector on it and waits until it can accept. Only one at a time. */
  start(failpoint?: string): Promise<CollectorProcess>
  /** The same without waiting. */
  launch(failpoint?: string): Promise<CollectorProcess>
  load(options?: Partial<LoadOptions>): Load
  /** Drains the collector and compares its database with the receipts. */
  check(collector: CollectorProcess): Promise<ReceiptCheck>
}

/** How a ground differs from the usual one. */
export interface GroundOptions {
  /** A database that is there. Default: a new one. */
  databaseUrl?: string
  /** The URL by which the collector reaches that database. Default: the same. */
  collectorsUrl?: string
  env?: Record<string, string>
  kind?: 'write' | 'secret'
}

/** Prepares a ground on a Postgres server; the tables are made, the key is there, nothing runs. */
export async function prepareGround(server: PostgresServer, options: GroundOptions = {}): Promise<Ground> {
  const databaseUrl = options.databaseUrl ?? (await server.createDatabase())
  const dataDir = tempDir('ground').path
  const port = await freePort()
  const file = join(dataDir, 'receipts.csv')
  const env = { LOG_LEVEL: 'warn', ...options.env }
  const key = await createKey(dataDir, databaseUrl, options.kind ?? 'write')
  const collectorsUrl = options.collectorsUrl ?? databaseUrl
  const launch = (failpoint?: string) =>
    launchCollector({
      configFile: RECEIPT_CONFIG,
      dataDir,
      databaseUrl: collectorsUrl,
      port,
      env,
      ...(failpoint ? { failpoint } : {}),
    })
  return {
    databaseUrl,
    dataDir,
    key,
    launch,
    async start(failpoint) {
      const collector = await launch(failpoint)
      await collector.ready()
      return collector
    },
    load: (more) => startLoad({ urls: [`http://127.0.0.1:${port}`], key, file, ...more }),
    check: (collector) => checkReceipts(file, databaseUrl, collector),
  }
}

async function createKey(cwd: string, databaseUrl: string, kind: string): Promise<string> {
  const create = ['keys', 'create', '--kind', kind, '--json', '--config', RECEIPT_CONFIG]
  const made = await startCommand('collector', create, { cwd, env: { DATABASE_URL: databaseUrl } }).result
  if (made.code !== 0) throw new Error(`keys create ended with ${made.code}: ${made.stderr}`)
  return (JSON.parse(made.stdout) as { key: string }).key
}
