import type { Config } from '@trackable/dataset'
import { createAdmin } from '../admin/routes.ts'
import { createBotFilter } from '../bots/filter.ts'
import { connect } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { listSpiders } from '../db/spiders.ts'
import { findConfigFile, loadConfig } from '../load-config.ts'
import { openCollector } from '../open/open-collector.ts'
import { createReport } from '../report.ts'
import type { Settings } from '../settings.ts'
import type { Needs } from './admin.ts'
import type { AdminCall } from './control.ts'

/** Runs a command where no collector runs: it opens the database, and the folder where that is needed, by itself. */
export async function inPlace<T>(
  settings: Settings,
  needs: Needs,
  act: (call: AdminCall) => Promise<T>,
): Promise<T> {
  const config = await loadConfig(findConfigFile(settings.configFile))
  const server = settings.databaseUrl.startsWith('postgres')
  return needs !== 'log' && server
    ? onDatabase(settings, config, needs, act)
    : onFolder(settings, config, act)
}

async function onDatabase<T>(
  settings: Settings,
  config: Config,
  needs: Needs,
  act: (call: AdminCall) => Promise<T>,
): Promise<T> {
  const { db, close } = await connect(settings.databaseUrl)
  try {
    if (needs === 'database') await migrate(db, settings.schema, config.datasets, false)
    const { schema } = settings
    const bots = createBotFilter()
    const loadSpiders = async () => bots.replace(await listSpiders(db, schema))
    if (needs === 'database') await loadSpiders()
    const admin = createAdmin({ db, schema, config, bots, onListsChanged: loadSpiders })
    return await act(callOf(admin))
  } finally {
    await close()
  }
}

async function onFolder<T>(
  settings: Settings,
  config: Config,
  act: (call: AdminCall) => Promise<T>,
): Promise<T> {
  const report = createReport(settings.logLevel === 'info' ? 'warn' : settings.logLevel)
  const quiet = { ...settings, foldEvery: null }
  const collector = await openCollector(quiet, config, {
    purpose: 'command',
    report,
    onFatal: (error) => report('error', error.message),
  })
  try {
    return await act(callOf(collector.admin))
  } finally {
    await collector.close()
  }
}

function callOf(admin: {
  request(path: string, init: RequestInit): Response | Promise<Response>
}): AdminCall {
  return async (method, path, body) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
    const answer = await admin.request(path, init)
    return { status: answer.status, body: await answer.json() }
  }
}
