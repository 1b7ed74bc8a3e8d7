import { access, constants, readdir, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { connect } from '../db/connect.ts'
import { examine, type Finding } from '../db/examine.ts'
import type { LogStatus } from '../fold/status.ts'
import { findConfigFile, loadConfig } from '../load-config.ts'
import { reasonOf } from '../report.ts'
import type { Settings } from '../settings.ts'
import { checkDoor } from './check-door.ts'
import { controlOf } from './control.ts'

type Check = (settings: Settings) => Promise<Finding[]>

const LITTLE_SPACE = 1024 ** 3
const OLD_SECONDS = 300

/** Looks at each part by itself, so that one that is broken hides no other, and gives what it finds as it finds it. */
export async function* findings(settings: Settings): AsyncGenerator<Finding> {
  for (const [check, look] of Object.entries(CHECKS)) {
    yield* await look(settings).catch((error) => [fail(check, reasonOf(error))])
  }
}

const CHECKS: Record<string, Check> = {
  async configuration({ configFile }) {
    const file = findConfigFile(configFile)
    const { datasets } = await loadConfig(file)
    return [ok('configuration', `${datasets.map(({ name }) => name).join(', ')} in ${file}`)]
  },
  collector: checkCollector,
  door: checkDoor,
  log: checkLog,
  disk: checkDisk,
  database: checkDatabase,
}

async function checkCollector({ dataDir }: Settings): Promise<Finding[]> {
  const call = await controlOf(dataDir)
  if (!call) return [ok('collector', `none runs on ${dataDir}`)]
  const { status, body } = await call('GET', '/v1/admin/log')
  if (status !== 200)
    return [fail('collector', `it runs, and cannot say how the fold is doing: ${body.message}`)]
  const { waiting, oldestSeconds, paused, dead, lost } = body as LogStatus
  const findings = [ok('collector', `it runs; ${waiting} events wait`)]
  if (paused)
    findings.push(warn('fold', 'it is paused since "trackable log pause"; "trackable log resume" ends that'))
  else if (oldestSeconds > OLD_SECONDS) {
    findings.push(
      fail('fold', `the oldest event waits for ${Math.round(oldestSeconds)} s; the collector's log says why`),
    )
  }
  if (dead > 0)
    findings.push(
      warn(
        'dead letters',
        `${dead} events could not be folded; "trackable dead list" shows those that are kept`,
      ),
    )
  if (lost > 0)
    findings.push(warn('lost', `${lost} accepted events were gone on without, after a restored backup`))
  return findings
}

async function checkLog({ logDir }: Settings): Promise<Finding[]> {
  const names = await readdir(logDir).catch(() => undefined)
  if (!names) return [ok('log', `${logDir} is not there yet; it is made at the first start`)]
  await access(logDir, constants.W_OK)
  const segments = names.filter((name) => name.endsWith('.log')).length
  const damaged = names.includes('damaged') ? await readdir(join(logDir, 'damaged')) : []
  const findings = [ok('log', `segments: ${segments}, in ${logDir}`)]
  if (damaged.length > 0) {
    findings.push(
      warn(
        'log',
        `${damaged.length} damaged pieces are set aside in ${join(logDir, 'damaged')}; delete them once you have looked`,
      ),
    )
  }
  return findings
}

async function checkDisk({ logDir, dataDir }: Settings): Promise<Finding[]> {
  const folder = await firstThere(logDir, dataDir, dirname(dataDir))
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  const message = `${(free / 1024 ** 2).toFixed(0)} MiB free for ${logDir}`
  return [
    free < LITTLE_SPACE ? warn('disk', `${message}; make room before the log refuses`) : ok('disk', message),
  ]
}

async function firstThere(...folders: string[]): Promise<string> {
  for (const folder of folders) {
    const there = await access(folder).then(
      () => true,
      () => false,
    )
    if (there) return folder
  }
  return '.'
}

async function checkDatabase(settings: Settings): Promise<Finding[]> {
  const { databaseUrl, schema, dataDir } = settings
  if (databaseUrl.startsWith('pglite')) {
    const held = await controlOf(dataDir)
    const message =
      'embedded: for trying out; it survives the end of the process, and not of the power. DATABASE_URL=postgres://… for more'
    return [warn('database', held ? `${message} (the collector holds it)` : message)]
  }
  const { db, close } = await connect(databaseUrl)
  try {
    return await examine(db, schema, Date.now)
  } finally {
    await close()
  }
}

function ok(check: string, message: string): Finding {
  return { check, state: 'ok', message }
}

function warn(check: string, message: string): Finding {
  return { check, state: 'warn', message }
}

function fail(check: string, message: string): Finding {
  return { check, state: 'fail', message }
}
