import { durationMs } from '@trackable/dataset'
import { type Command, InvalidArgumentError } from 'commander'
import { readSettings } from '../settings.ts'
import { withAdmin } from './admin.ts'
import { withConfig } from './options.ts'
import { print, printJson } from './print.ts'

interface GrantShown {
  grant: string
  kid: string
  dataset: string
  parents: string[]
  fields: string[]
  expires: string
}

/** `trackable grant`: a permit for a page to write what is not public. */
export function addGrant(program: Command): void {
  withConfig(program.command('grant'))
    .description('sign a permit to write named fields of named parents with a write key')
    .requiredOption('--dataset <name>', 'the dataset')
    .requiredOption('--parent <id...>', 'the parents')
    .requiredOption('--field <name...>', 'the fields')
    .requiredOption('--for <span>', 'how long it holds, such as 1h', seconds)
    .option('--json', 'one object a line')
    .action(async ({ dataset, parent, field, for: span, json, ...flags }) => {
      const body = { dataset, parents: parent, fields: field, seconds: span }
      await withAdmin(readSettings(flags), 'database', async (ask) => {
        const signed = await ask<GrantShown>('POST', '/v1/admin/grants', body)
        if (json) return printJson([signed])
        print(signed.grant)
        process.stderr.write(`signed by ${signed.kid}, holds until ${signed.expires}\n`)
      })
    })
}

function seconds(text: string): number {
  const ms = durationMs(text)
  if (!ms) throw new InvalidArgumentError('expected a duration such as 1h')
  return ms / 1000
}
