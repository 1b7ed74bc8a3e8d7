import { type Command, InvalidArgumentError } from 'commander'
import { readSettings } from '../settings.ts'
import { type Ask, withAdmin } from './admin.ts'
import { wholeNumber, withConfig } from './options.ts'
import { print, printJson, printTable } from './print.ts'

interface Letter {
  id: string
  dataset: string
  code: string
  message: string
  at: string
  event: { parent: string }
}

const PAGE = 1000

/** `trackable dead list|show|replay|drop`. */
export function addDead(program: Command): void {
  const dead = program.command('dead').description('accepted events that could not be folded')
  withConfig(dead.command('list'))
    .description('the dead letters, oldest first')
    .option('--dataset <name>', 'of one dataset')
    .option('--limit <n>', 'most letters, 100 by default', wholeNumber)
    .option('--json', 'one object a line')
    .action(async ({ dataset, limit = 100, json, ...flags }) => {
      await withAdmin(readSettings(flags), 'database', async (ask) => {
        const letters = await list(ask, dataset, limit)
        if (json) return printJson(letters)
        if (letters.length === 0) return print('there are none')
        const row = ({ id, dataset, code, at, event, message }: Letter) => [
          id,
          dataset,
          code,
          at,
          event.parent,
          message,
        ]
        printTable(['id', 'dataset', 'code', 'at', 'parent', 'message'], letters.map(row))
      })
    })
  withConfig(dead.command('show'))
    .argument('<id>', 'id of the letter, as "dead list" shows it', wholeNumber)
    .description('one dead letter, whole')
    .option('--json', 'one object a line')
    .action(async (id, { json, ...flags }) => {
      await withAdmin(readSettings(flags), 'database', async (ask) => {
        const [letter] = await ask<Letter[]>('GET', `/v1/admin/dead?id=${id}`)
        print(JSON.stringify(letter, null, json ? 0 : 2))
      })
    })
  for (const name of ['replay', 'drop'] as const) {
    withConfig(dead.command(name))
      .argument('[ids...]', 'ids of letters', letterIds)
      .description(
        name === 'replay'
          ? 'count them after all, under the definitions of today'
          : 'delete them for good; they stay counted as dead',
      )
      .option('--dataset <name>', 'those of one dataset')
      .option('--all', 'all of them')
      .option('--json', 'one object a line')
      .action(async (ids: string[], { dataset, all, json, ...flags }, command: Command) => {
        // Replaying all is harmless; dropping all is not done by forgetting to say which.
        if (name === 'drop' && ids.length === 0 && dataset === undefined && !all)
          command.error('error: say which: ids, --dataset NAME, or --all')
        const letters = ids.length > 0 ? { ids, dataset } : { dataset }
        await withAdmin(readSettings(flags), 'database', async (ask) => {
          const done = await ask<Record<string, number>>('POST', `/v1/admin/dead/${name}`, letters)
          if (json) return printJson([done])
          print(
            Object.entries(done)
              .map(([what, count]) => `${count} ${what}`)
              .join(', '),
          )
        })
      })
  }
}

async function list(ask: Ask, dataset: string | undefined, limit: number): Promise<Letter[]> {
  const letters: Letter[] = []
  const only = dataset === undefined ? '' : `&dataset=${encodeURIComponent(dataset)}`
  while (letters.length < limit) {
    const most = Math.min(PAGE, limit - letters.length)
    const page = await ask<Letter[]>(
      'GET',
      `/v1/admin/dead?limit=${most}&after=${letters.at(-1)?.id ?? 0}${only}`,
    )
    letters.push(...page)
    if (page.length < most) break
  }
  return letters
}

/** Ids of the command line, one after another. @throws InvalidArgumentError */
function letterIds(text: string, before: string[] = []): string[] {
  if (!/^\d{1,18}$/.test(text)) throw new InvalidArgumentError('"trackable dead list" shows the ids')
  return [...before, text]
}
