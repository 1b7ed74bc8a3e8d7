import type { Finding } from '../db/examine.ts'
import { findConfigFile, loadConfig } from '../load-config.ts'
import { reasonOf } from '../report.ts'
import type { Settings } from '../settings.ts'
import { checkCollector, checkWebhook } from './check-collector.ts'
import { checkDatabase } from './check-database.ts'
import { checkDoor } from './check-door.ts'
import { checkDisk, checkLog, checkMirrors } from './check-folder.ts'
import { controlOf } from './control.ts'
import { fail, ok } from './finding.ts'

type Check = (settings: Settings) => Promise<Finding[]>

const CHECKS: Record<string, Check> = {
  configuration: checkConfiguration,
  collector: checkCollector,
  door: checkDoor,
  log: checkLog,
  mirror: checkMirrors,
  disk: checkDisk,
  alerts: checkWebhook,
  database: checkDatabase,
}

/**
 * Looks at each part by itself, so that one that is broken hides no other, and gives what it finds as it finds it.
 * Tested in test/doctor.test.ts.
 */
export async function* findings(settings: Settings): AsyncGenerator<Finding> {
  for (const [check, look] of Object.entries(CHECKS)) {
    const broken = (error: unknown) => [fail(check, reasonOf(error), 'mend that, and ask again')]
    yield* await look(settings).catch(broken)
  }
}

async function checkConfiguration({ configFile, dataDir }: Settings): Promise<Finding[]> {
  try {
    const file = findConfigFile(configFile)
    const { datasets } = await loadConfig(file)
    return [ok('configuration', `${datasets.map(({ name }) => name).join(', ')} in ${file}`)]
  } catch (error) {
    // A collector that runs has loaded its own, from wherever it was started.
    if (configFile === undefined && (await controlOf(dataDir)))
      return [ok('configuration', 'that of the collector that runs; --config looks at a file')]
    const { message } = error as Error
    return [fail('configuration', message, 'correct the file, or name another with --config')]
  }
}
