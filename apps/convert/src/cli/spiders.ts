import { writeFileSync } from 'node:fs'
import { addSpiders } from '../collector/control.ts'
import { ConvertError, wrongUsage } from '../error.ts'
import type { Flags } from '../settings/flags.ts'
import { readSpiders } from '../sources/django/spiders.ts'

/** Where a collector keeps what it needs, unless it was told otherwise. */
export const DATA_DIR = './trackable-data'
/** What says where events go, and how: the list of spiders is none. */
const FOR_EVENTS = {
  to: '--to',
  key: '--key',
  dryRun: '--dry-run',
  peek: '--peek',
  undo: '--undo',
  replace: '--replace',
} as const

/**
 * Brings the Spider table to the operator's list of the collector that runs beside it; with `--out` into a file, as
 * `trackable spiders import` reads it.
 */
export async function moveSpiders(inputs: readonly string[], flags: Flags): Promise<void> {
  check(inputs, flags)
  const { agents, leftOut } = await readSpiders(inputs)
  if (leftOut.length > 0) {
    const shown = leftOut
      .slice(0, 3)
      .map((agent) => JSON.stringify(agent))
      .join(', ')
    process.stderr.write(`${leftOut.length} left out, because they would meet nearly everybody: ${shown}\n`)
  }
  if (flags.out === undefined) {
    const added = await addSpiders(flags.dataDir ?? DATA_DIR, agents)
    const line = flags.json
      ? JSON.stringify({ spiders: added })
      : `${added.toLocaleString('en-US')} agents are in the collector's list`
    process.stdout.write(`${line}\n`)
    return
  }
  try {
    writeFileSync(flags.out, `${agents.join('\n')}\n`)
  } catch (error) {
    throw new ConvertError('input', `${flags.out} cannot be written: ${(error as Error).message}`)
  }
  process.stderr.write(`${agents.length} agents; now run: trackable spiders import ${flags.out}\n`)
}

function check(inputs: readonly string[], flags: Flags): void {
  if (inputs.length === 0) throw wrongUsage('INPUT: missing; expected what the Spider table is in')
  if (flags.out !== undefined && flags.dataDir !== undefined) {
    throw wrongUsage('--out and --data-dir exclude each other; give one of them')
  }
  const strange = (Object.keys(FOR_EVENTS) as (keyof typeof FOR_EVENTS)[]).find(
    (name) => flags[name] !== undefined,
  )
  if (strange === undefined) return
  throw wrongUsage(
    `${FOR_EVENTS[strange]} is for events; --spiders goes over the control socket in --data-dir FOLDER, or with --out into a file`,
  )
}
