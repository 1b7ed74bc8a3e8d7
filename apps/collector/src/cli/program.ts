import { Command, Option } from 'commander'
import { checkNotHeld } from '../lock.ts'
import { readSettings, settingsShown } from '../settings.ts'
import { CommandError, withAdmin } from './admin.ts'
import { addDead } from './dead.ts'
import { addDoctor } from './doctor.ts'
import { addGrant } from './grant.ts'
import { init } from './init.ts'
import { addKeys } from './keys.ts'
import { addFold, addLog } from './log.ts'
import { addMigrate } from './migrate.ts'
import { wholeNumber, withConfig } from './options.ts'
import { print, printJson, printTable } from './print.ts'
import { addSpiders } from './spiders.ts'

/** Builds the command line. `version` is the package's. */
export function createProgram(version: string): Command {
  const program = new Command('trackable')
    .description('Counts what people do with your things, exactly once, into Postgres tables')
    .version(version)
    .showHelpAfterError('("trackable --help" shows what there is)')
  program.command('init').description('write a trackable.config.ts to start from').action(init)
  withConfig(program.command('serve'))
    .description('take events, fold them, answer reads')
    .option('--port <port>', 'port, 8787 by default')
    .option('--host <host>', 'address to listen on, 127.0.0.1 by default')
    .addOption(new Option('--role <role>', 'what this process does').choices(['all', 'ingest', 'fold']))
    .addHelpText('after', () => `\n${settingsTable()}`)
    .action(async (flags) => {
      const settings = readSettings(flags)
      await checkNotHeld(settings.dataDir)
      const { serve } = await import('./serve.ts')
      await serve(settings)
    })
  addMigrate(program)
  addFold(program)
  addKeys(program)
  addGrant(program)
  addSpiders(program)
  addLog(program)
  addDead(program)
  addQuery(program)
  addVerify(program)
  addDoctor(program)
  return program
}

/** Every setting of the environment, one a line. */
function settingsTable(): string {
  const rows = settingsShown.map(([name, absent, expected, about]) => [name, absent || '–', about, expected])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map(
    ([name, absent, about, expected]) =>
      `  ${name!.padEnd(widths[0]!)}  ${absent!.padEnd(widths[1]!)}  ${about} (${expected})`,
  )
  return `Settings: flags, then environment, then these defaults:\n${lines.join('\n')}`
}

function addQuery(program: Command): void {
  withConfig(program.command('query'))
    .description("a dataset's numbers as a table")
    .argument('<dataset>', 'name of the dataset')
    .option('--parent <id>', 'one parent only')
    .option('--series <grain>', 'by bucket instead of totals')
    .option('--top <field>', 'parents in order of this field')
    .option('--limit <n>', 'most rows, 20 by default', wholeNumber)
    .option('--json', 'one object a line')
    .action(async (dataset, flags) => {
      const { parent, series, top, limit } = flags
      await withAdmin(readSettings(flags), 'database', async (ask) => {
        const body = { dataset, parent, series, top, limit }
        const { columns, rows } = await ask<{ columns: string[]; rows: string[][] }>(
          'POST',
          '/v1/admin/query',
          body,
        )
        if (flags.json) for (const row of rows) print(rowJson(columns, row))
        else printTable(columns, rows)
      })
    })
}

/** Numbers with all their digits, as the API writes them. */
function rowJson(columns: string[], row: string[]): string {
  const isKey = (name: string) => name === 'parent' || name === 'bucket'
  const pairs = columns.map(
    (name, i) => `${JSON.stringify(name)}:${isKey(name) ? JSON.stringify(row[i]) : row[i]}`,
  )
  return `{${pairs.join(',')}}`
}

function addVerify(program: Command): void {
  withConfig(program.command('verify'))
    .description('check the tables against control sums, buckets, ledger and log')
    .option('--json', 'one object a line')
    .action(async (flags) => {
      await withAdmin(readSettings(flags), 'database', async (ask) => {
        const { differences, log } = await ask<{ differences: string[]; log: boolean }>(
          'POST',
          '/v1/admin/verify',
        )
        if (flags.json) printJson(differences.map((difference) => ({ difference })))
        else for (const difference of differences) print(difference)
        if (differences.length > 0) throw new CommandError(`${differences.length} differences`)
        const checked = log ? 'control sums, buckets, ledger and log' : 'control sums, buckets and ledger'
        if (!flags.json) print(`the tables agree with ${checked}`)
      })
    })
}
