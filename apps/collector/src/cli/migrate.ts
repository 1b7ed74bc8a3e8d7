import type { Command } from 'commander'
import { findConfigFile, loadConfig } from '../load-config.ts'
import { readSettings } from '../settings.ts'
import { withAdmin } from './admin.ts'
import { withConfig } from './options.ts'
import { print, printJson } from './print.ts'

interface Plan {
  needed: boolean
  steps: { title: string; phase: string; sql: string[]; loses?: string }[]
  transactions: string[]
}

/** `trackable migrate`. What it shows with `--dry-run` may be given to psql instead. */
export function addMigrate(program: Command): void {
  withConfig(program.command('migrate'))
    .description('bring the tables to the configuration')
    .option('--dry-run', 'show the SQL and change nothing')
    .option('--allow-destructive', 'allow what loses data')
    .option('--json', 'one object a line')
    .action(async (flags) => {
      const settings = readSettings(flags)
      const { sentDatasets } = await import('../admin/datasets.ts')
      const { datasets } = await loadConfig(findConfigFile(settings.configFile))
      await withAdmin(settings, 'schema', async (ask) => {
        const body = {
          datasets: sentDatasets(datasets),
          dryRun: Boolean(flags.dryRun),
          allowDestructive: Boolean(flags.allowDestructive),
        }
        show(await ask<Plan>('POST', '/v1/admin/migrate', body), flags)
      })
    })
}

function show({ needed, steps, transactions }: Plan, flags: { json?: true; dryRun?: true }): void {
  if (flags.json) printJson(steps)
  else if (!needed) print('the tables follow the configuration already')
  else if (flags.dryRun) print(transactions.map((text) => `begin;\n${text}\ncommit;`).join('\n\n'))
  else for (const { title, loses } of steps) print(`done: ${title}${loses ? ` (${loses})` : ''}`)
}
