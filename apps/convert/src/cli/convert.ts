import { createCollector } from '../collector/client.ts'
import { peek, peekJson, peekLines } from '../pipeline/peek.ts'
import { run } from '../pipeline/run.ts'
import { undo } from '../pipeline/undo.ts'
import { changeLines, summaryOf } from '../report/summary.ts'
import { totalsOf } from '../report/tally.ts'
import type { Settings } from '../settings/settings.ts'

/** Does what the settings say: results go to standard output, what a person watches to standard error. */
export async function convert(settings: Settings): Promise<void> {
  if (settings.peek !== undefined) {
    for (const row of await peek(settings, settings.peek)) {
      if (settings.json) printJson(peekJson(row))
      else for (const line of peekLines(row)) print(line)
    }
    return
  }
  const { target, name } = settings
  if (target.kind === 'undo') {
    const events = await undo(createCollector(target), name, process.stderr)
    if (settings.json) printJson({ undone: events })
    else print(`${events.toLocaleString('en-US')} events of import ${JSON.stringify(name)} were taken back`)
    return
  }
  const { tally, changes, notAdded, rejects, replaced } = await run(settings, process.stderr)
  if (replaced > 0)
    process.stderr.write(`${replaced.toLocaleString('en-US')} events were taken back before\n`)
  for (const line of summaryOf(tally, rejects)) process.stderr.write(`${line}\n`)
  if (changes && settings.json) printJson({ changes })
  else if (changes) for (const line of changeLines(changes, notAdded)) print(line)
  if (settings.json) printJson(totalsOf(tally))
}

function printJson(value: object): void {
  print(JSON.stringify(value))
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
