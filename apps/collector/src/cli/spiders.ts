import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { readSettings } from '../settings.ts'
import { CommandError, withAdmin } from './admin.ts'
import { withConfig } from './options.ts'
import { print, printJson, printTable } from './print.ts'

interface Judged {
  userAgent: string
  bot: boolean
  rule: string
}

const AT_ONCE = 1000

/** `trackable spiders list|add|remove|import|test`. */
export function addSpiders(program: Command): void {
  const spiders = program
    .command('spiders')
    .description('your own list of machines, and what is thought of an agent')
  withConfig(spiders.command('list'))
    .description('what you have added; beyond it isbot and the seeded list are asked')
    .option('--json', 'one object a line')
    .action(async ({ json, ...flags }) => {
      await withAdmin(readSettings(flags), 'database', async (ask) => {
        const list = await ask<{ agent: string; kind: string }[]>('GET', '/v1/admin/spiders')
        if (json) return printJson(list)
        if (list.length === 0) return print('you have added none')
        printTable(
          ['kind', 'agent'],
          list.map(({ agent, kind }) => [kind, agent]),
        )
      })
    })
  withConfig(spiders.command('add'))
    .argument('<agents...>', 'whole user agents, or with * for any text')
    .description('drop what these agents send from now on')
    .option('--person', 'count it from now on instead, whatever the other rules say')
    .action((agents: string[], { person, ...flags }) => add(agents, person, flags))
  withConfig(spiders.command('import'))
    .argument('<file>', 'one agent a line, or the JSON of django-trackable')
    .description('add every agent of a file')
    .option('--person', 'as people')
    .action(async (file: string, { person, ...flags }) => add(await agentsOf(file), person, flags))
  withConfig(spiders.command('remove'))
    .argument('<agents...>', 'as "spiders list" shows them')
    .description('take agents out of your list')
    .action(async (agents: string[], flags) => {
      await withAdmin(readSettings(flags), 'database', async (ask) => {
        const { removed } = await ask<{ removed: number }>('POST', '/v1/admin/spiders/remove', { agents })
        print(`removed ${removed}`)
      })
    })
  addTest(spiders)
}

function addTest(spiders: Command): void {
  withConfig(spiders.command('test'))
    .argument('[agent]', 'a user agent')
    .description('whether an agent is a machine, and by which rule')
    .option('--file <file>', 'one agent a line')
    .option('--json', 'one object a line')
    .action(async (agent: string | undefined, { file, json, ...flags }, command: Command) => {
      if ((agent === undefined) === (file === undefined)) command.error('error: give one agent, or --file')
      const agents = agent === undefined ? await linesOf(file) : [agent]
      await withAdmin(readSettings(flags), 'database', async (ask) => {
        for (let from = 0; from < agents.length; from += AT_ONCE) {
          const part = { agents: agents.slice(from, from + AT_ONCE) }
          const judged = await ask<Judged[]>('POST', '/v1/admin/spiders/test', part)
          if (json) printJson(judged)
          else
            for (const { bot, rule, userAgent } of judged)
              print(`${bot ? 'bot   ' : 'person'}  ${rule}  ${userAgent}`)
        }
      })
    })
}

async function add(
  agents: string[],
  person: boolean | undefined,
  flags: Record<string, string>,
): Promise<void> {
  const body = { agents, kind: person ? 'person' : 'bot' }
  await withAdmin(readSettings(flags), 'database', async (ask) => {
    const { added } = await ask<{ added: number }>('POST', '/v1/admin/spiders', body)
    print(`${added} in your list`)
  })
}

/** Lines of a file, or the agents of a Django fixture. */
async function agentsOf(file: string): Promise<string[]> {
  const lines = await linesOf(file)
  if (lines[0]?.trim().startsWith('[') !== true) return lines.filter((line) => line.trim() !== '')
  try {
    const rows = JSON.parse(lines.join('\n')) as { fields: { user_agent: string } }[]
    return rows.map(({ fields }) => fields.user_agent)
  } catch {
    throw new CommandError(
      `${file} is neither one agent a line nor a JSON list of { fields: { user_agent } }`,
    )
  }
}

async function linesOf(file: string): Promise<string[]> {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '').split(/\r?\n/)
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`)
  }
}
