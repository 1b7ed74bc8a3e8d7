import { Command } from 'commander'
import { type Flags, readSettings, type SourceName } from '../settings/settings.ts'
import { convert } from './convert.ts'

const ABOUT: Record<SourceName, [description: string, columns: string]> = {
  csv: ['read tables with a header', 'COLUMN is a name in the header'],
  ndjson: ['read JSON objects, one a line', 'COLUMN is the name of a member, a.b.c one inside others'],
}

/** Builds the command line. `version` is the package's. */
export function createProgram(version: string): Command {
  const program = new Command('trackable-convert')
    .description('Turns legacy counts into events of a collector, once and exactly')
    .version(version)
    .showHelpAfterError('("trackable-convert --help" shows what there is)')
  for (const source of Object.keys(ABOUT) as SourceName[]) addSource(program, source)
  return program
}

function addSource(program: Command, source: SourceName): void {
  const [description, columns] = ABOUT[source]
  const command = program
    .command(source)
    .description(description)
    .argument('<input...>', 'files (also gzip), folders, or - for standard input')
    .option('--to <url>', 'the collector (or TRACKABLE_TO)')
    .option('--key <key>', 'a secret key of it (or TRACKABLE_KEY)')
    .requiredOption('--dataset <name>', 'the dataset to add to')
    .requiredOption('--parent <column>', 'the column with the parent')
    .option('--at <column>', 'the column with the time')
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
    .option('--out <file>', 'write the events to a file as NDJSON, instead of sending them')
    .option('--rejects <file>', 'where rejected rows go, INPUT.rejects.ndjson by default')
    .option('--json', 'end with one line of JSON')
    .addHelpText('after', `\n${columns}. --field and --dimension may be given several times.\n`)
  if (source === 'csv') {
    command.option('--delimiter <character>', 'between columns; found in the header by default')
  }
  command.action((inputs: string[], flags: Flags) => convert(readSettings(source, inputs, flags)))
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value]
}
