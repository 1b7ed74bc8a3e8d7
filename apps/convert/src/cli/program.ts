import { Command } from 'commander'
import type { Flags } from '../settings/flags.ts'
import { readSettings } from '../settings/settings.ts'
import { readAddress } from '../settings/target.ts'
import { SOURCE_NAMES, type SourceName, sourceOf } from '../sources/by-name.ts'
import { convert } from './convert.ts'
import { listImports } from './imports.ts'
import { moveSpiders } from './spiders.ts'

/** Builds the command line. `version` is the package's. */
export function createProgram(version: string): Command {
  const program = new Command('trackable-convert')
    .description('Turns legacy counts into events of a collector, once and exactly')
    .version(version)
    .showHelpAfterError('("trackable-convert --help" shows what there is)')
  for (const source of SOURCE_NAMES) addSource(program, source)
  collectorOptions(program.command('imports').description('list what was imported, and its state'))
    .option('--json', 'one object a line')
    .action((flags: Flags) => listImports(readAddress(flags), flags.json ?? false))
  return program
}

function addSource(program: Command, name: SourceName): void {
  const { about, inputs, columns, options = [], defaults = {} } = sourceOf(name)
  const command = program.command(name).description(about).argument('[input...]', inputs)
  for (const [option, description] of options) command.option(option, description)
  collectorOptions(command)
    .option('--dataset <name>', 'the dataset to add to')
    .option('--parent <column>', `the column with the parent${usually(defaults.parent)}`)
    .option('--path-to-parent <regex>', 'takes the parent out of that column: its first group, or all of it')
    .option('--at <column>', `the column with the time${usually(defaults.at)}`)
    .option('--at-value <time>', 'one time for all rows, instead of --at')
    .option(
      '--field <name=expr>',
      'a field and what to add to it: + - * ( ) over columns and numbers',
      collect,
    )
    .option('--dimension <name=column>', 'a dimension and its column', collect)
    .option('--where <condition>', "which rows: Quantity > 0 and Country != 'France'")
    .option('--zone <zone>', 'time zone of times that name none, UTC by default')
    .option('--name <name>', 'name of the import; of source, dataset and inputs by default')
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--peek <n>', 'show how the first rows become events, and stop')
    .option('--undo', 'take back what the import of this name added')
    .option('--replace', 'take back what the finished import of this name added, then import')
    .option('--out <file>', 'write the events to a file as NDJSON, instead of sending them')
    .option('--rejects <file>', 'where rejected rows go, INPUT.rejects.ndjson by default')
    .option('--json', 'end with one line of JSON')
    .addHelpText('after', `\n${columns}. --field and --dimension may be given several times.\n`)
    .action((paths: string[], flags: Flags) =>
      flags.spiders ? moveSpiders(paths, flags) : convert(readSettings(name, paths, flags)),
    )
}

function collectorOptions(command: Command): Command {
  return command
    .option('--to <url>', 'the collector (or TRACKABLE_TO)')
    .option('--key <key>', 'a secret key of it (or TRACKABLE_KEY)')
}

function usually(column: string | undefined): string {
  return column === undefined ? '' : `, ${column} by default`
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value]
}
