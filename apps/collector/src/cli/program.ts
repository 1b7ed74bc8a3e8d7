import { Command, InvalidArgumentError, Option } from 'commander'
import { findConfigFile, loadConfig } from '../load-config.ts'
import { readSettings } from '../settings.ts'
import { withAdmin } from './admin.ts'
import { init } from './init.ts'
import { print, printJson, printTable } from './print.ts'
import { serve } from './serve.ts'

interface KeyShown {
  id: string
  kind: string
  key?: string
  origins: string[]
  datasets: string[]
}

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
    .action((flags) => serve(readSettings(flags)))
  addMigrate(program)
  addFold(program)
  addKeys(program)
  addLog(program)
  addQuery(program)
  return program
}

function withConfig(command: Command): Command {
  return command.option('--config <file>', 'configuration file, trackable.config.ts by default')
}

function addMigrate(program: Command): void {
  withConfig(program.command('migrate'))
    .description('bring the tables to the configuration')
    .option('--dry-run', 'show the SQL and change nothing')
    .option('--allow-destructive', 'allow what loses data')
    .option('--json', 'one object a line')
    .action(async (flags) => {
      const settings = readSettings(flags)
      const { datasets } = await loadConfig(findConfigFile(settings.configFile))
      await withAdmin(settings, 'schema', async (ask) => {
        const body = {
          datasets,
          dryRun: Boolean(flags.dryRun),
          allowDestructive: Boolean(flags.allowDestructive),
        }
        const plan = await ask<{
          needed: boolean
          steps: { title: string; sql: string[]; loses?: string }[]
        }>('POST', '/v1/admin/migrate', body)
        if (flags.json) printJson(plan.steps)
        else if (!plan.needed) print('the tables follow the configuration already')
        else if (flags.dryRun) for (const step of plan.steps) print(stepSql(step))
        else for (const { title } of plan.steps) print(`done: ${title}`)
      })
    })
}

function stepSql({ title, sql, loses }: { title: string; sql: string[]; loses?: string }): string {
  const heading = loses ? `-- ${title} (LOSES DATA: ${loses})` : `-- ${title}`
  return `${heading}\n${sql.map((text) => `${text};`).join('\n')}\n`
}

function addFold(program: Command): void {
  withConfig(program.command('fold'))
    .description('fold what the log holds')
    .requiredOption('--once', 'fold what is there, then end')
    .option('--max-events <n>', 'about so many events, whole batches', wholeNumber)
    .option('--json', 'one object a line')
    .action(async (flags) => {
      await withAdmin(readSettings(flags), 'log', async (ask) => {
        const result = await ask<{ events: number; waiting: number }>('POST', '/v1/admin/log/fold', {
          maxEvents: flags.maxEvents,
        })
        if (flags.json) printJson([result])
        else print(`${result.events} events went through, ${result.waiting} wait`)
      })
    })
}

function addKeys(program: Command): void {
  const keys = program.command('keys').description('create, list and revoke keys')
  withConfig(keys.command('create'))
    .description('create a key; it is shown once')
    .addOption(
      new Option('--kind <kind>', 'write for pages, secret for servers')
        .choices(['write', 'secret'])
        .makeOptionMandatory(),
    )
    .option('--origin <origin...>', 'origins that may use it; any where left out')
    .option('--dataset <name...>', 'datasets that it may touch; all where left out')
    .option('--json', 'one object a line')
    .action(async (flags) => {
      const body = { kind: flags.kind, origins: flags.origin ?? [], datasets: flags.dataset ?? [] }
      await withAdmin(readSettings(flags), 'database', async (ask) => {
        const key = await ask<KeyShown>('POST', '/v1/admin/keys', body)
        if (flags.json) printJson([key])
        else print(`${key.kind} key ${key.id}: ${key.key}\nit is kept hashed and cannot be shown again`)
      })
    })
  withConfig(keys.command('list'))
    .description('the valid keys')
    .option('--json', 'one object a line')
    .action(async (flags) => {
      await withAdmin(readSettings(flags), 'database', async (ask) => {
        const list = await ask<KeyShown[]>('GET', '/v1/admin/keys')
        const row = ({ id, kind, origins, datasets }: KeyShown) => [id, kind, anyOf(origins), anyOf(datasets)]
        if (flags.json) printJson(list)
        else printTable(['id', 'kind', 'origins', 'datasets'], list.map(row))
      })
    })
  withConfig(keys.command('revoke'))
    .argument('<id>', 'id of the key, as "keys list" shows it')
    .description('revoke a key; it is refused within seconds')
    .action(async (id, flags) => {
      await withAdmin(readSettings(flags), 'database', async (ask) => {
        await ask('DELETE', `/v1/admin/keys/${encodeURIComponent(id)}`)
        print(`revoked ${id}`)
      })
    })
}

function anyOf(list: string[]): string {
  return list.join(', ') || 'any'
}

function addLog(program: Command): void {
  const log = program.command('log').description('look at the event log')
  withConfig(log.command('status'))
    .description('what was received, and what became of it')
    .option('--json', 'one object a line')
    .action(async (flags) => {
      await withAdmin(readSettings(flags), 'log', async (ask) => {
        const status = await ask<Record<string, string | number | null>>('GET', '/v1/admin/log')
        if (flags.json) printJson([status])
        else for (const [name, value] of Object.entries(status)) print(`${name.padEnd(14)} ${value ?? '–'}`)
      })
    })
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

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number of 1 or more')
  return value
}
