import type { Command } from 'commander'
import { readSettings } from '../settings.ts'
import { withAdmin } from './admin.ts'
import { wholeNumber, withConfig } from './options.ts'
import { print, printJson, printTable } from './print.ts'

type Status = Record<string, string | number | boolean | null>

interface Drop {
  minute: string
  dataset: string
  code: string
  events: number
}

interface Peeked {
  position: string
  id: string
  arrival: string
  received: number
  events: unknown[]
}

/** `trackable fold --once`. */
export function addFold(program: Command): void {
  withConfig(program.command('fold'))
    .description('fold what the log holds')
    .requiredOption('--once', 'fold what is there, then end')
    .option('--max-events <n>', 'about so many events, whole batches', wholeNumber)
    .option('--strict', 'stop at an event that cannot be folded, instead of making it a dead letter')
    .option('--accept-gap', 'go on without what a restored database and the log both miss')
    .option('--json', 'one object a line')
    .action(async ({ maxEvents, strict, acceptGap, json, ...flags }) => {
      await withAdmin(readSettings(flags), 'log', async (ask) => {
        const body = { maxEvents, strict, acceptGap }
        const result = await ask<{ events: number; waiting: number; paused: boolean }>(
          'POST',
          '/v1/admin/log/fold',
          body,
        )
        if (json) printJson([result])
        else if (result.paused) print('the log is paused; "trackable log resume" lets the fold go on')
        else print(`${result.events} events went through, ${result.waiting} wait`)
      })
    })
}

/** `trackable log status|peek|pause|resume|drops|replay`. */
export function addLog(program: Command): void {
  const log = program.command('log').description('look at the event log, pause its fold, fold it again')
  withConfig(log.command('status'))
    .description('what was received, and what became of it')
    .option('--json', 'one object a line')
    .action((flags) =>
      withAdmin(readSettings(flags), 'log', async (ask) => show(await ask('GET', '/v1/admin/log'), flags)),
    )
  withConfig(log.command('peek'))
    .description('the batches that are folded next')
    .option('--count <n>', 'so many, 10 by default', wholeNumber)
    .option('--json', 'one object a line')
    .action(async ({ count = 10, json, ...flags }) => {
      await withAdmin(readSettings(flags), 'log', async (ask) => {
        const batches = await ask<Peeked[]>('GET', `/v1/admin/log/peek?count=${count}`)
        if (json) return printJson(batches)
        if (batches.length === 0) return print('nothing waits')
        const row = ({ position, id, arrival, received, events }: Peeked) => [
          position,
          id,
          arrival,
          `${received}`,
          `${events.length}`,
        ]
        printTable(['position', 'id', 'arrival', 'received', 'accepted'], batches.map(row))
      })
    })
  for (const [name, paused] of [
    ['pause', true],
    ['resume', false],
  ] as const) {
    withConfig(log.command(name))
      .description(
        paused ? 'stop folding, over restarts too; events are still accepted' : 'let the fold go on',
      )
      .option('--json', 'one object a line')
      .action((flags) =>
        withAdmin(readSettings(flags), 'log', async (ask) =>
          show(await ask('POST', '/v1/admin/log/pause', { paused }), flags),
        ),
      )
  }
  addDrops(log)
  withConfig(log.command('replay'))
    .description('fold again from an offset; what the ledger knows counts no second time')
    .requiredOption('--from <offset>', 'an offset that status or peek showed, or "start"')
    .option('--json', 'one object a line')
    .action(({ from, ...flags }) =>
      withAdmin(readSettings(flags), 'log', async (ask) =>
        show(await ask('POST', '/v1/admin/log/replay', { from }), flags),
      ),
    )
}

function addDrops(log: Command): void {
  withConfig(log.command('drops'))
    .description('what was dropped or rejected, by minute, since the collector started; a day at most')
    .option('--json', 'one object a line')
    .action(({ json, ...flags }) =>
      withAdmin(readSettings(flags), 'log', async (ask) => {
        const { drops } = await ask<{ drops: Drop[] }>('GET', '/v1/admin/drops')
        if (json) return printJson(drops)
        if (drops.length === 0) return print('nothing was turned away')
        const row = ({ minute, dataset, code, events }: Drop) => [minute, dataset || '–', code, `${events}`]
        printTable(['minute', 'dataset', 'code', 'events'], drops.map(row))
      }),
    )
}

function show(status: Status, { json }: { json?: boolean }): void {
  if (json) printJson([status])
  else for (const [name, value] of Object.entries(status)) print(`${name.padEnd(14)} ${value ?? '–'}`)
}
