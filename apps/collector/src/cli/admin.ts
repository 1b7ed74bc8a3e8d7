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
import { type AdminCall, controlOf } from './control.ts'

/** A command that failed, with a sentence for the person who typed it. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** An administrative call whose refusal is thrown as a sentence. */
export type Ask = <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>

/**
 * Runs a command against the collector that holds the data folder. Where none runs the command opens folder and
 * database itself; one that `needs` the database alone leaves the folder be where the database is a server.
 */
export async function withAdmin<T>(
  settings: Settings,
  needs: 'database' | 'log' | 'schema',
  act: (ask: Ask) => Promise<T>,
): Promise<T> {
  const running = await controlOf(settings.dataDir)
  if (running) return act(asking(running))
  const config = await loadConfig(findConfigFile(settings.configFile))
  const server = settings.databaseUrl.startsWith('postgres')
  return needs !== 'log' && server
    ? onDatabase(settings, config, needs, act)
    : onFolder(settings, config, act)
}

async function onDatabase<T>(
  settings: Settings,
  config: Config,
  needs: string,
  act: (ask: Ask) => Promise<T>,
): Promise<T> {
  const { db, close } = await connect(settings.databaseUrl)
  try {
    if (needs === 'database') await migrate(db, settings.schema, config.datasets, false)
    const { schema } = settings
    const bots = createBotFilter()
    const loadSpiders = async () => bots.replace(await listSpiders(db, schema))
    if (needs === 'database') await loadSpiders()
    const admin = createAdmin({ db, schema, config, bots, onListsChanged: loadSpiders })
    return await act(asking(inPlace(admin)))
  } finally {
    await close()
  }
}

async function onFolder<T>(settings: Settings, config: Config, act: (ask: Ask) => Promise<T>): Promise<T> {
  const report = createReport(settings.logLevel === 'info' ? 'warn' : settings.logLevel)
  const quiet = { ...settings, foldEvery: null }
  const collector = await openCollector(quiet, config, {
    purpose: 'command',
    report,
    onFatal: (error) => report('error', error.message),
  })
  try {
    return await act(asking(inPlace(collector.admin)))
  } finally {
    await collector.close()
  }
}

function inPlace(admin: {
  request(path: string, init: RequestInit): Response | Promise<Response>
}): AdminCall {
  return async (method, path, body) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
    const answer = await admin.request(path, init)
    return { status: answer.status, body: await answer.json() }
  }
}

function asking(call: AdminCall): Ask {
  return async (method, path, body) => {
    const { status, body: answer } = await call(method, path, body)
    if (status >= 300) throw new CommandError(answer.message ?? `the collector answered ${status}`)
    return answer
  }
}
