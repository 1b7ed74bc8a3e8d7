import type { Command } from 'commander'
import { readSettings } from '../settings.ts'
import { CommandError } from './admin.ts'
import { withConfig } from './options.ts'
import { print, printJson } from './print.ts'

const SIGNS = { ok: '✓', warn: '!', fail: '✗' }

/** `trackable doctor`. */
export function addDoctor(program: Command): void {
  withConfig(program.command('doctor'))
    .description('check configuration, database, log, disk and clock, and say what to do')
    .option('--json', 'one object a line')
    .action(async ({ json, ...flags }) => {
      const settings = readSettings(flags)
      const { findings } = await import('./checks.ts')
      let failures = 0
      for await (const finding of findings(settings)) {
        if (finding.state === 'fail') failures++
        if (json) printJson([finding])
        else {
          print(`${SIGNS[finding.state]} ${finding.check.padEnd(14)} ${finding.message}`)
          if (finding.state !== 'ok') print(`  ${''.padEnd(14)} → ${finding.cure}`)
        }
      }
      if (failures > 0) throw new CommandError(`${failures} of the checks failed`)
    })
}
