import { connect } from '../db/connect.ts'
import { sqlStateOf } from '../db/errors.ts'
import { examine, type Finding } from '../db/examine.ts'
import { planFor } from '../db/migrate.ts'
import { findConfigFile, loadConfig } from '../load-config.ts'
import { reasonOf } from '../report.ts'
import type { Settings } from '../settings.ts'
import { controlOf } from './control.ts'
import { fail, warn } from './finding.ts'

/** What to do, by what the server or the way to it says. */
const CURES: Record<string, string> = {
  '28P01': 'correct the password in DATABASE_URL',
  '28000': 'correct the user in DATABASE_URL, or let it in by pg_hba.conf',
  '3D000': '"create database" makes it, or name another in DATABASE_URL',
  '42501': '"grant usage, create on schema … to …", as its owner',
  '53300': 'raise max_connections of the server, or end what holds them',
}

/** The database: reached, safe, writable, and with the tables of the configuration. */
export async function checkDatabase(settings: Settings): Promise<Finding[]> {
  const { databaseUrl, schema, dataDir } = settings
  if (databaseUrl.startsWith('pglite')) {
    const held = await controlOf(dataDir)
    const message = 'embedded: for trying out; it survives the end of the process, and not of the power'
    const more = 'set DATABASE_URL=postgres://… for more'
    return [warn('database', held ? `${message} (the collector holds it)` : message, more)]
  }
  const { db, close } = await connect(databaseUrl)
  try {
    return [...(await examine(db, schema, Date.now)), ...(await checkTables(settings, db))]
  } catch (error) {
    const state = sqlStateOf(error) ?? ''
    const cure = CURES[state] ?? 'start the server, or correct host and port in DATABASE_URL'
    return [fail('database', reasonOf(error), cure)]
  } finally {
    await close()
  }
}

async function checkTables(
  { configFile, schema }: Settings,
  db: Parameters<typeof planFor>[0],
): Promise<Finding[]> {
  const config = await Promise.resolve()
    .then(() => loadConfig(findConfigFile(configFile)))
    .catch(() => undefined)
  if (!config) return []
  const { needed, steps, version } = await planFor(db, schema, config.datasets)
  // The first version is made at the first start.
  if (!needed || version === 1) return []
  if (!steps.some(({ loses }) => loses))
    return [
      warn(
        'tables',
        'they do not follow the configuration yet',
        '"trackable migrate", or start the collector',
      ),
    ]
  const cure =
    '"trackable migrate --dry-run" shows what; put it back into the configuration, or --allow-destructive'
  return [fail('tables', 'the configuration leaves out what has data: no collector starts with it', cure)]
}
