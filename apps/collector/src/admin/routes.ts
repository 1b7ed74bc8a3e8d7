import type { Config, Dataset } from '@trackable/dataset'
import { Hono } from 'hono'
import { declared } from '../access.ts'
import { refusalAnswer, refuse } from '../answer.ts'
import type { BotFilter } from '../bots/filter.ts'
import { createFoldDatabase } from '../db/commit.ts'
import type { Db } from '../db/connect.ts'
import { listImports } from '../db/imports.ts'
import { migrate, planFor } from '../db/migrate.ts'
import type { Fold } from '../fold/fold.ts'
import { verify } from '../fold/verify.ts'
import type { EventLog } from '../log/event-log.ts'
import { reasonOf } from '../report.ts'
import { receivedDatasets } from './datasets.ts'
import { createDeadRoutes } from './dead.ts'
import { createGrantRoutes } from './grants.ts'
import { createKeyRoutes } from './keys.ts'
import { createLogRoutes } from './log.ts'
import { query } from './query.ts'
import { createSpiderRoutes } from './spiders.ts'

/** What the administrative routes act on. */
export interface AdminOptions {
  db: Db
  schema: string
  config: Config
  /** The log of the data folder and its fold; left out where a command reaches the database alone. */
  local?: { log: EventLog; fold: Fold }
  bots: BotFilter
  /** What was turned away, newest first; left out where nothing is taken in. */
  drops?: (() => object[]) | undefined
  /** Called after each change of keys or spiders. */
  onListsChanged(): Promise<void>
}

/**
 * What the commands of the CLI do, as one table of routes: served on the control socket, and called in place where
 * no collector runs. It is never served where the public routes are.
 */
export function createAdmin(options: AdminOptions): Hono {
  const { db, schema, config, local, bots, drops, onListsChanged } = options
  const { datasets } = config
  const app = new Hono().basePath('/v1/admin')
  app.route('/keys', createKeyRoutes({ db, schema, config, onKeysChanged: onListsChanged }))
  app.route('/grants', createGrantRoutes({ db, schema, config }))
  app.route('/spiders', createSpiderRoutes({ db, schema, bots, onSpidersChanged: onListsChanged }))
  app.route('/log', local ? createLogRoutes({ db, schema, ...local }) : noLog())
  app.route('/dead', createDeadRoutes({ db, schema, datasets }))

  app.get('/imports', async (c) => c.json({ imports: await listImports(db, schema) }))

  app.get('/drops', (c) => (drops ? c.json({ drops: drops() }) : refusalAnswer(NOT_RUNNING)))

  app.post('/migrate', async (c) => {
    const body = await c.req.json<{ datasets: Dataset[]; dryRun: boolean; allowDestructive: boolean }>()
    const meant = receivedDatasets(body.datasets)
    if (body.dryRun) return c.json(await planFor(db, schema, meant))
    return c.json(await migrate(db, schema, meant, body.allowDestructive))
  })

  app.post('/query', async (c) => c.json(await query(db, schema, config, await c.req.json())))

  app.post('/verify', async (c) => {
    const database = createFoldDatabase(db, schema)
    const differences = await verify({ db, schema, datasets, database, log: local?.log })
    return c.json({ differences, log: local !== undefined })
  })

  app.onError((error) => refusalAnswer(refuse('malformed', reasonOf(error))))
  return declared(app, 'control')
}

const NOT_RUNNING = refuse('unavailable', 'no collector runs here that could have turned anything away')

function noLog(): Hono {
  return new Hono().all('*', () =>
    refusalAnswer(refuse('unavailable', 'this needs the log of a data folder; run it beside the collector')),
  )
}
