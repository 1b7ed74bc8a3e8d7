import { dirname, join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import type { Config } from '@trackable/dataset'
import type { Hono } from 'hono'
import { createImportWrites } from './admin/imports.ts'
import { createAdmin } from './admin/routes.ts'
import { createApp } from './app.ts'
import { type BotFilter, createBotFilter, createOpenFilter } from './bots/filter.ts'
import { createFoldDatabase } from './db/commit.ts'
import { connect } from './db/connect.ts'
import type { FoldDatabase } from './db/fold-database.ts'
import { listKeys, listSecret } from './db/keys.ts'
import { pruneLedger, reportOldest } from './db/logs.ts'
import { isApplied } from './db/migrate.ts'
import { definitionsOf } from './db/plan.ts'
import { createDatabase } from './db/prepare.ts'
import { pruneBuckets } from './db/prune-buckets.ts'
import { listSpiders } from './db/spiders.ts'
import { createFold, type Fold } from './fold/fold.ts'
import { createHousekeeping } from './fold/housekeeping.ts'
import { startFoldLoop } from './fold/loop.ts'
import { createDoor } from './ingest/door.ts'
import { createGoRoute } from './ingest/go.ts'
import { createHitRoutes } from './ingest/hit.ts'
import { createIngest } from './ingest/ingest.ts'
import { createBatchRoute, createNodeBatchRoute, type NodeRoute } from './ingest/route.ts'
import { createVisitors } from './ingest/visitors.ts'
import { createKeyRing } from './keys.ts'
import { type FolderLock, lockFolder } from './lock.ts'
import type { Damage } from './log/event-log.ts'
import { type FileLog, openFileLog } from './log/file/file-log.ts'
import { readerKey } from './read/access.ts'
import { createBadge } from './read/badge.ts'
import { createExport } from './read/export.ts'
import { createImportReads } from './read/imports.ts'
import { createLive } from './read/live.ts'
import { createReads } from './read/route.ts'
import { createReport, type Report, reasonOf } from './report.ts'
import { createScriptRoute } from './script.ts'
import { createSecret } from './secret.ts'
import { readSettings, type Settings } from './settings.ts'
import { type Alerts, createAlerts } from './watch/alerts.ts'
import { createMetrics } from './watch/metrics.ts'
import { startWatch } from './watch/watch.ts'

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
  /** Events a second of one public key and address, or `off`, the default. */
  rateLimit?: number | 'off'
  /** How many proxies of your own a request passes, whose `X-Forwarded-For` is believed; 0 by default. */
  trustProxy?: number
  deadLetters?: 'keep' | 'drop'
  /** URL that is posted to when an operator is needed. */
  alertWebhook?: string
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
    rate_limit: options.rateLimit?.toString(),
    trust_proxy: options.trustProxy?.toString(),
    dead_letters: options.deadLetters,
    alert_webhook: options.alertWebhook,
    host: '127.0.0.1',
  })
  const report = options.report ?? createReport(settings.logLevel)
  return openCollector(settings, options.config, {
    purpose: 'embed',
    report,
    onFatal: options.onFatal ?? endProcess,
  })
}

function endProcess(): void {
  // Long enough for the answers 503 to leave.
  setTimeout(() => process.exit(1), 200)
}

/** What the process that runs a collector decides. */
export interface Surroundings {
  /**
   * `serve`: the collector itself listens. `embed`: its app is mounted in another, who knows where. `command`: it is
   * opened for one command and closed again, and looks after nothing.
   */
  purpose: 'serve' | 'embed' | 'command'
  report: Report
  onFatal(error: Error): void
}

/** Where the parts meet. What was opened is closed again, last first, also when a later part fails. */
export async function openCollector(
  settings: Settings,
  config: Config,
  { purpose, report, onFatal }: Surroundings,
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
    const alerts = createAlerts(settings.alertWebhook, report, Date.now)
    opened.push(() => alerts.settled())
    const log = await openLog(settings, config, alerts)
    opened.push(() => log.close())
    const connection = await connect(settings.databaseUrl)
    opened.push(() => connection.close())
    const { db } = connection
    const keys = createKeyRing()
    const plain = createFoldDatabase(db, schema)
    const reads = { db, schema, keys, datasets }
    const live = createLive(reads)
    opened.push(() => live.close())
    const tables: FoldDatabase = {
      ...plain,
      async commit(input) {
        const result = await connection.writing(() => plain.commit(input))
        if (result.outcome === 'committed') live.onCommitted(input.tables)
        return result
      },
    }
    const { loopback, dashboardToken, foldEvery, dedupWindow } = settings
    const metrics = createMetrics({
      log,
      database: tables,
      token: dashboardToken,
      loopback: purpose === 'serve' && loopback && settings.trustProxy === 0,
      datasets,
      botRules: settings.bots === 'count',
    })
    const fold = metrics.measured(
      foldOf(settings, config, log, tables, () => isApplied(db, schema, datasets)),
    )
    const remote = !settings.databaseUrl.startsWith('pglite')
    const secret = createSecret()
    const bots = botFilter(settings)
    const lists = [
      {
        mirror: join(dataDir, 'secret.json'),
        read: listSecret,
        use: ([text]: string[]) => secret.replace(text!),
      },
      { mirror: join(dataDir, 'keys.json'), read: listKeys, use: keys.replace },
      { mirror: join(dataDir, 'spiders.json'), read: listSpiders, use: bots.replace },
    ]
    const database = createDatabase({ connection, schema, datasets, lists, remote, report })
    opened.push(() => database.stop())
    await database.prepare(() => {
      if (foldEvery !== null) keepFolding(fold, foldEvery, { report, alerts, opened })
    }, onFatal)
    // Also while the database is away, and where somebody else folds.
    if (purpose !== 'command') {
      const keepHouse = createHousekeeping({
        log,
        reportOldest: (oldest) => reportOldest(db, schema, log.id, oldest),
        pruneLedger: (limit) => pruneLedger(db, schema, dedupWindow, limit),
        pruneBuckets: (limit) => pruneBuckets(db, schema, datasets, Date.now(), limit),
        now: Date.now,
        elapsed: () => performance.now(),
      })
      const watched = { log, database: tables, refusal: log.refusal, keepHouse }
      const watch = startWatch({ ...watched, alerts, report })
      opened.push(() => watch.stop())
    }
    const admin = createAdmin({
      db,
      schema,
      config,
      local: { log, fold },
      bots,
      onListsChanged: database.loadLists,
    })
    serveControl(admin, lock)
    const now = Date.now
    const { rateLimit, trustProxy } = settings
    const { tally } = metrics
    const visitors = createVisitors(join(dataDir, 'visitor-salt.json'), now)
    opened.push(() => visitors.stop())
    const door = createDoor({
      log,
      keys,
      datasets,
      secret,
      visitors,
      judge: bots.judge,
      onTurnedAway: tally.turnedAway,
      dedupWindowMs: dedupWindow,
      rateLimit,
      trustProxy,
      now,
      onFatal,
    })
    const ingest = createIngest(door)
    const routes = [
      createBatchRoute(ingest),
      createHitRoutes(door),
      createGoRoute(door, tally.lostClick),
      createReads({ ...reads, now }),
      createBadge(reads),
      createExport(reads),
      live.route,
      createScriptRoute(),
      createImportReads({ db, schema, keys, settle: () => fold.run() }),
      createImportWrites({
        db,
        schema,
        datasets,
        log,
        settle: () => fold.run(),
        keyOf: (c) => readerKey(c, keys),
      }),
      metrics.route,
    ]
    const refusal = async () => {
      if (closing) return 'the collector is closing'
      return keys.find('') === undefined ? 'the keys are not loaded yet' : log.refusal()
    }
    const app = createApp({ datasets, routes, refusal, report })
    const run = (maxEvents?: number) => fold.run(maxEvents === undefined ? {} : { maxEvents })
    return { app, admin, nodeRoute: createNodeBatchRoute(ingest, report), fold: run, close }
  } catch (error) {
    await close()
    throw error
  }
}

function botFilter({ bots }: Settings): BotFilter {
  return bots === 'off' ? createOpenFilter() : createBotFilter()
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

async function openLog({ logDir }: Settings, { datasets }: Config, alerts: Alerts): Promise<FileLog> {
  const onDamage = ({ segment, bytes, reason }: Damage) =>
    alerts.raise(
      'log_damaged',
      `event log: ${bytes} bytes of ${segment} are damaged (${reason}); what could be saved is in ${logDir}/damaged`,
      `${segment} ${reason}`,
    )
  const log = await openFileLog({ dir: logDir, definitions: definitionsOf(datasets), onDamage })
  for (const damage of log.damage) onDamage(damage)
  return log
}

function foldOf(
  { deadLetters, logKeep }: Settings,
  { datasets }: Config,
  log: FileLog,
  database: FoldDatabase,
  isNewest: () => Promise<boolean>,
): Fold {
  return createFold({ log, database, datasets, deadLetters, logKeepMs: logKeep, now: Date.now, isNewest })
}

const STUCK_MS = 60_000

function keepFolding(
  fold: Fold,
  every: number,
  { report, alerts, opened }: { report: Report; alerts: Alerts; opened: (() => unknown)[] },
): void {
  const loop = startFoldLoop(
    fold,
    every,
    (error, failingMs) => {
      const message = `fold: ${reasonOf(error)}; trying again`
      if (failingMs === 0) report('error', message)
      if (failingMs > STUCK_MS) alerts.raise('fold_stuck', message)
    },
    () => {
      report('info', 'fold: going on')
      alerts.clear('fold_stuck')
    },
  )
  opened.push(() => loop.stop())
}

function serveControl(admin: Hono, lock: FolderLock): void {
  const control = createAdaptorServer({ fetch: admin.fetch })
  lock.onConnection((socket) => control.emit('connection', socket))
}
