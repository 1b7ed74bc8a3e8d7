import { dirname, join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import type { Config } from '@trackable/dataset'
import type { Hono } from 'hono'
import { createAdmin } from './admin/routes.ts'
import { createApp } from './app.ts'
import { createBotFilter } from './bots/is-bot.ts'
import { connect } from './db/connect.ts'
import { definitionsOf } from './db/plan.ts'
import { createDatabase } from './db/prepare.ts'
import { createFold, type Fold } from './fold/fold.ts'
import { startFoldLoop } from './fold/loop.ts'
import { readStatus } from './fold/status.ts'
import { createIngest } from './ingest/ingest.ts'
import { createBatchRoute, createNodeBatchRoute, type NodeRoute } from './ingest/route.ts'
import { createKeyRing } from './keys.ts'
import { type FolderLock, lockFolder } from './lock.ts'
import { type FileLog, openFileLog } from './log/file/file-log.ts'
import { createImportReads } from './read/imports.ts'
import { createReads } from './read/route.ts'
import { createReport, type Report, reasonOf } from './report.ts'
import { readSettings, type Settings } from './settings.ts'

/** How a collector is created in code. What is left out comes from the environment, then from the defaults. */
export interface CollectorOptions {
  config: Config
  /** `postgres://…` or `pglite://FOLDER` */
  databaseUrl?: string
  /** `file://FOLDER` */
  logUrl?: string
  /** The tables' schema, `trackable` by default. */
  databaseSchema?: string
  /** Pause between folds such as `1s`, or `off`: then only `fold()` folds. */
  foldEvery?: string
  dedupWindow?: string
  logKeep?: string
  bots?: 'drop' | 'count' | 'off'
  /** What is said to the operator; standard error by default. */
  report?: Report
  /** The log can take nothing more; the process should end, and does by default. */
  onFatal?(error: Error): void
}

/** A living collector. */
export interface Collector {
  /** Its routes, to be served, or mounted in a Hono app of your own. */
  app: Hono
  /** Folds what waits, or about `maxEvents` of it, and gives the number of events. */
  fold(maxEvents?: number): Promise<number>
  /** Folds what waits, then lets go of log, database and data folder. */
  close(): Promise<void>
}

/**
 * Creates a collector: takes the data folder, recovers the log, connects the database and brings its tables to the
 * configuration. A Postgres that is away does not stop it: it accepts into the log and folds later.
 * @throws SettingsError, FolderHeldError, DestructiveMigrationError
 * @example
 * const collector = await createCollector({ config, databaseUrl: 'postgres://…' })
 * yourApp.route('/', collector.app)
 */
export async function createCollector(options: CollectorOptions): Promise<Collector> {
  const settings = readSettings({
    database_url: options.databaseUrl,
    log_url: options.logUrl,
    database_schema: options.databaseSchema,
    fold_every: options.foldEvery,
    dedup_window: options.dedupWindow,
    log_keep: options.logKeep,
    bots: options.bots,
    host: '127.0.0.1',
  })
  const report = options.report ?? createReport(settings.logLevel)
  return openCollector(settings, options.config, { report, onFatal: options.onFatal ?? endProcess })
}

function endProcess(): void {
  // Long enough for the answers 503 to leave.
  setTimeout(() => process.exit(1), 200)
}

/** What the process that runs a collector decides. */
export interface Surroundings {
  report: Report
  onFatal(error: Error): void
}

/** Where the parts meet. What was opened is closed again, last first, also when a later part fails. */
export async function openCollector(
  settings: Settings,
  config: Config,
  { report, onFatal }: Surroundings,
): Promise<Collector & { admin: Hono; nodeRoute: NodeRoute }> {
  const { datasets } = config
  const { schema, dataDir } = settings
  const opened: (() => unknown)[] = []
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= closeAll(opened)
    return closing
  }
  try {
    const lock = await lockFolders(settings, opened)
    const log = await openLog(settings, config, report)
    opened.push(() => log.close())
    const connection = await connect(settings.databaseUrl)
    opened.push(() => connection.close())
    const { db } = connection
    const keys = createKeyRing()
    const fold = createFold({ log, db, schema, datasets, logKeepMs: settings.logKeep, now: Date.now })
    const remote = !settings.databaseUrl.startsWith('pglite')
    const mirror = join(dataDir, 'keys.json')
    const database = createDatabase({ db, schema, datasets, keys, mirror, remote, report })
    opened.push(() => database.stop())
    await database.prepare(() => keepFolding(fold, settings, report, opened), onFatal)
    const status = () => readStatus(log, db, schema, Date.now())
    const admin = createAdmin({
      db,
      schema,
      config,
      onKeysChanged: database.loadKeys,
      fold: fold.run,
      status,
    })
    serveControl(admin, lock)
    const now = Date.now
    const isBot = botFilter(settings)
    const ingest = createIngest({
      log,
      keys,
      datasets,
      isBot,
      dedupWindowMs: settings.dedupWindow,
      now,
      onFatal,
    })
    const routes = [
      createBatchRoute(ingest),
      createReads({ db, schema, keys, datasets, now }),
      createImportReads({ db, schema, keys, settle: () => fold.run() }),
    ]
    const refusal = async () => {
      if (closing) return 'the collector is closing'
      return keys.find('') === undefined ? 'the keys are not loaded yet' : log.refusal()
    }
    const app = createApp({ routes, refusal, report })
    return { app, admin, nodeRoute: createNodeBatchRoute(ingest, report), fold: fold.run, close }
  } catch (error) {
    await close()
    throw error
  }
}

function botFilter({ bots }: Settings): ReturnType<typeof createBotFilter> {
  return bots === 'off' ? () => false : createBotFilter()
}

async function closeAll(opened: (() => unknown)[]): Promise<void> {
  for (const close of opened.reverse()) await close()
}

/** PGlite has no lock of its own: a second process on its folder would destroy it. */
async function lockFolders(
  { dataDir, databaseUrl }: Settings,
  opened: (() => unknown)[],
): Promise<FolderLock> {
  const lock = await lockFolder(dataDir)
  opened.push(() => lock.release())
  const pglite = /^pglite:\/\/(.+)$/.exec(databaseUrl)?.[1]
  if (pglite && dirname(pglite) !== dataDir) {
    const second = await lockFolder(`${pglite}.lock`)
    opened.push(() => second.release())
  }
  return lock
}

async function openLog({ logDir }: Settings, { datasets }: Config, report: Report): Promise<FileLog> {
  const log = await openFileLog({ dir: logDir, definitions: definitionsOf(datasets) })
  for (const { segment, bytes, reason } of log.damage) {
    report(
      'error',
      `event log: ${bytes} bytes of ${segment} are damaged (${reason}); set aside in ${logDir}/damaged`,
    )
  }
  return log
}

function keepFolding(fold: Fold, { foldEvery }: Settings, report: Report, opened: (() => unknown)[]): void {
  if (foldEvery === null) return
  const loop = startFoldLoop(
    fold,
    foldEvery,
    (error) => report('error', `fold: ${reasonOf(error)}; trying again`),
    () => report('info', 'fold: going on'),
  )
  opened.push(() => loop.stop())
}

function serveControl(admin: Hono, lock: FolderLock): void {
  const control = createAdaptorServer({ fetch: admin.fetch })
  lock.onConnection((socket) => control.emit('connection', socket))
}
