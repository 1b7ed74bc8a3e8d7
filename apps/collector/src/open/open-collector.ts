import { join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import type { Config } from '@trackable/dataset'
import type { Hono } from 'hono'
import { createAdmin } from '../admin/routes.ts'
import { createApp } from '../app.ts'
import { createBotFilter, takeEverybody } from '../bots/filter.ts'
import { createFoldDatabase } from '../db/commit.ts'
import { connect } from '../db/connect.ts'
import type { FoldDatabase } from '../db/fold-database.ts'
import { listKeys, listSecret } from '../db/keys.ts'
import { createDatabase } from '../db/prepare.ts'
import { listSpiders } from '../db/spiders.ts'
import { createDoor } from '../ingest/door.ts'
import { createIngest } from '../ingest/ingest.ts'
import { createNodeBatchRoute, type NodeRoute } from '../ingest/route.ts'
import { createVisitors } from '../ingest/visitors.ts'
import { createKeyRing } from '../keys.ts'
import type { FolderLock } from '../lock.ts'
import { createLive } from '../read/live.ts'
import type { Report } from '../report.ts'
import { createSecret } from '../secret.ts'
import type { Settings } from '../settings.ts'
import { createTraces, noTraces } from '../traces.ts'
import { createAlerts } from '../watch/alerts.ts'
import { createMetrics } from '../watch/metrics.ts'
import { foldOf, keepFolding, lookAfter } from './folding.ts'
import { publicRoutes } from './routes.ts'
import { lockFolders, type Opened, openLog } from './storage.ts'
import { tracedFold, tracedLog } from './traced.ts'

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

/** A living collector. */
export interface Collector {
  /** Its routes, to be served, or mounted in a Hono app of your own. */
  app: Hono
  /** Folds what waits, or about `maxEvents` of it, and gives the number of events. */
  fold(maxEvents?: number): Promise<number>
  /** Folds what waits, then lets go of log, database and data folder. */
  close(): Promise<void>
}

/** A collector as the process that runs it has it. */
export interface OpenCollector extends Collector {
  /** The administrative routes, which the control socket serves. */
  admin: Hono
  nodeRoute: NodeRoute
}

/** Where the parts meet. What was opened is closed again, last first, also when a later part fails. */
export async function openCollector(
  settings: Settings,
  config: Config,
  surroundings: Surroundings,
): Promise<OpenCollector> {
  const opened: Opened = []
  let closing: Promise<void> | undefined
  const close = () => (closing ??= closeAll(opened))
  try {
    const parts = await openParts(settings, config, surroundings, opened)
    const { log, keys, fold, ingest, admin, routes, traces } = parts
    const refusal = async () => {
      if (closing) return 'the collector is closing'
      return keys.find('') === undefined ? 'the keys are not loaded yet' : log.refusal()
    }
    const { report } = surroundings
    const app = createApp({ datasets: config.datasets, routes, refusal, report, traces })
    const run = (maxEvents?: number) => fold.run(maxEvents === undefined ? {} : { maxEvents })
    return { app, admin, nodeRoute: createNodeBatchRoute(ingest, report, traces), fold: run, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openParts(
  settings: Settings,
  config: Config,
  { purpose, report, onFatal }: Surroundings,
  opened: Opened,
) {
  const { datasets } = config
  const { schema, loopback, trustProxy, foldEvery } = settings
  const lock = await lockFolders(settings, opened)
  const alerts = createAlerts(settings.alertWebhook, report, Date.now)
  opened.push(() => alerts.settled())
  const traces = settings.traces ? await createTraces() : noTraces
  opened.push(() => traces.stop())
  const log = tracedLog(await openLog(settings, config, alerts), traces)
  opened.push(() => log.close())
  const connection = await connect(settings.databaseUrl)
  opened.push(() => connection.close())
  const { db } = connection
  const followed = followedLists(settings)
  const { keys, bots } = followed
  const reads = { db, schema, keys, datasets }
  const live = createLive(reads)
  opened.push(() => live.close())
  const plain = createFoldDatabase(db, schema)
  const tables: FoldDatabase = {
    ...plain,
    async commit(input) {
      const commit = () => connection.writing(() => plain.commit(input))
      const result = await traces.step('commit', commit, ({ outcome }) => ({ 'trackable.outcome': outcome }))
      if (result.outcome === 'committed') live.onCommitted(input.tables)
      return result
    },
  }
  const metrics = createMetrics({
    log,
    database: tables,
    token: settings.dashboardToken,
    loopback: purpose === 'serve' && loopback && trustProxy === 0,
    datasets,
    botRules: settings.bots === 'count',
  })
  const folding = { settings, datasets, log, db, tables, alerts, report, opened }
  const fold = metrics.measured(tracedFold(foldOf(folding), traces))
  const remote = !settings.databaseUrl.startsWith('pglite')
  const database = createDatabase({ connection, schema, datasets, lists: followed.lists, remote, report })
  opened.push(() => database.stop())
  await database.prepare(() => {
    if (foldEvery !== null) keepFolding(fold, foldEvery, folding)
  }, onFatal)
  if (purpose !== 'command') lookAfter(folding)
  const local = { log, fold }
  const drops = purpose === 'command' ? undefined : metrics.tally.drops.list
  const admin = createAdmin({ db, schema, config, local, bots, drops, onListsChanged: database.loadLists })
  serveControl(admin, lock)
  const door = doorOf(settings, { datasets, log, metrics, followed, opened, onFatal })
  const ingest = createIngest(door)
  const routes = publicRoutes({ reads, fold, door, ingest, live, metrics })
  return { log, keys, fold, ingest, admin, routes, traces }
}

interface DoorParts {
  datasets: Config['datasets']
  log: Awaited<ReturnType<typeof openLog>>
  metrics: ReturnType<typeof createMetrics>
  followed: ReturnType<typeof followedLists>
  opened: Opened
  onFatal: Surroundings['onFatal']
}

function doorOf(settings: Settings, { datasets, log, metrics, followed, opened, onFatal }: DoorParts) {
  const { dataDir, dedupWindow, rateLimit, trustProxy } = settings
  const { keys, secret, judge } = followed
  const visitors = createVisitors(join(dataDir, 'visitor-salt.json'), Date.now)
  opened.push(() => visitors.stop())
  return createDoor({
    log,
    keys,
    datasets,
    secret,
    visitors,
    judge,
    onTurnedAway: metrics.tally.turnedAway,
    dedupWindowMs: dedupWindow,
    rateLimit,
    trustProxy,
    now: Date.now,
    onFatal,
  })
}

/** What ingest goes by, with where it comes from. The secret first: without it no value of a unique can be taken. */
function followedLists({ dataDir, bots: mode }: Settings) {
  const secret = createSecret()
  const keys = createKeyRing()
  // What an operator asks is judged also where what comes is not.
  const bots = createBotFilter()
  const judge = mode === 'off' ? takeEverybody : bots.judge
  const useSecret = ([text]: string[]) => secret.replace(text!)
  const lists = [
    { mirror: join(dataDir, 'secret.json'), read: listSecret, use: useSecret },
    { mirror: join(dataDir, 'keys.json'), read: listKeys, use: keys.replace },
    { mirror: join(dataDir, 'spiders.json'), read: listSpiders, use: bots.replace },
  ]
  return { secret, keys, bots, judge, lists }
}

async function closeAll(opened: Opened): Promise<void> {
  for (const close of opened.reverse()) await close()
}

function serveControl(admin: Hono, lock: FolderLock): void {
  const control = createAdaptorServer({ fetch: admin.fetch })
  lock.onConnection((socket) => control.emit('connection', socket))
}
