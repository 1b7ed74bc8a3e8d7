import { type Command, Option } from 'commander'
import { readSettings } from '../settings.ts'
import { withAdmin } from './admin.ts'
import { withConfig } from './options.ts'
import { print, printJson, printTable } from './print.ts'

interface KeyShown {
  id: string
  kind: string
  key?: string
  origins: string[]
  datasets: string[]
}

/** `trackable keys create|list|revoke`. */
export function addKeys(program: Command): void {
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
