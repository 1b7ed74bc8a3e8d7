import type { Command } from 'commander'
import type { Finding } from '../db/examine.ts'
import { findConfigFile, loadConfig } from '../load-config.ts'
import { reasonOf } from '../report.ts'
import { readSettings, type Settings } from '../settings.ts'
import { CommandError } from './admin.ts'
import { checkCollector, checkWebhook } from './check-collector.ts'
import { checkDatabase } from './check-database.ts'
import { checkDoor } from './check-door.ts'
import { checkDisk, checkLog, checkMirrors } from './check-folder.ts'
import { controlOf } from './control.ts'
import { fail, ok } from './finding.ts'
import { withConfig } from './options.ts'
import { print, printJson } from './print.ts'

type Check = (settings: Settings) => Promise<Finding[]>

const SIGNS = { ok: '✓', warn: '!', fail: '✗' }

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

/** `trackable doctor`. */
export function addDoctor(program: Command): void {
  withConfig(program.command('doctor'))
    .description('check configuration, database, log, disk and clock, and say what to do')
    .option('--json', 'one object a line')
    .action(async ({ json, ...flags }) => {
      const findings = await diagnose(readSettings(flags))
      for (const finding of findings) {
        if (json) printJson([finding])
        else {
          print(`${SIGNS[finding.state]} ${finding.check.padEnd(14)} ${finding.message}`)
          if (finding.state !== 'ok') print(`  ${''.padEnd(14)} → ${finding.cure}`)
        }
      }
      const failures = findings.filter(({ state }) => state === 'fail').length
      if (failures > 0) throw new CommandError(`${failures} of the checks failed`)
    })
}

/** Looks at each part by itself, so that one that is broken hides no other. Tested in test/doctor.test.ts. */
export async function diagnose(settings: Settings): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [check, look] of Object.entries(CHECKS)) {
    const broken = (error: unknown) => [fail(check, reasonOf(error), 'mend that, and ask again')]
    findings.push(...(await look(settings).catch(broken)))
  }
  return findings
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
