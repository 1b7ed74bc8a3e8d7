import { isSubtractable } from '@trackable/dataset/fold'
import { createCollector } from '../collector/client.ts'
import { resolveNames } from '../collector/definition.ts'
import { planBatches } from '../import/batches.ts'
import { type KnownParts, noKnownParts, readKnownParts } from '../import/known-parts.ts'
import type { Mapping } from '../mapping/mapping.ts'
import { createProgress, type Screen } from '../report/progress.ts'
import { createRejects, NO_REJECTS, type Rejects } from '../report/rejects.ts'
import type { Tally } from '../report/tally.ts'
import type { Settings } from '../settings/settings.ts'
import type { Table } from '../sources/source.ts'
import { createAccount } from './account.ts'
import type { Changes } from './changes.ts'
import { createAddingUp, createSending, createWriting, type Delivery } from './deliver.ts'
import { inFlight } from './in-flight.ts'
import { checkColumns, mapRows } from './rows.ts'
import { undo } from './undo.ts'

/** What a run came to. */
export interface RunResult {
  tally: Tally
  /** What a dry run would change; undefined for other runs. */
  changes: Changes | undefined
  /** Of a dry run, the fields that get values and have no sum. */
  notAdded: string[]
  /** Files with rejected rows. */
  rejects: string[]
  /** Events that `--replace` took back first. */
  replaced: number
}

const MOST_IN_FLIGHT = 4

interface Opened {
  delivery: Delivery
  known: KnownParts
  replaced: number
  /** With the kinds of its fields, where somebody knows them. */
  mapping: Mapping
}

/**
 * Runs a conversion: bytes → rows → events → batches → acknowledged, each stage pulled by the next, so that memory
 * stays flat. Killed at any point and run again, it ends as if it had not been killed.
 * @param screen where progress is shown
 * @throws ConvertError where a person can put it right
 */
export async function run(settings: Settings, screen: Screen): Promise<RunResult> {
  const { name } = settings
  const tables = await settings.open()
  await checkColumns(tables, settings.mapping)
  const { delivery, known, replaced, mapping } = await openDelivery(settings, screen)
  const dry = settings.target.kind === 'try' || settings.target.kind === 'add up'
  const rejects = rejectsOf(settings, dry)
  const progress = createProgress(screen, sizeOf(tables))
  const account = createAccount(rejects, progress.rows)
  let files: string[]
  try {
    const rows = account.rows(mapRows(tables, mapping, progress.bytes))
    const batches = planBatches(rows, name, known)
    for await (const delivered of inFlight(batches, MOST_IN_FLIGHT, delivery.deliver)) {
      account.delivered(delivered)
    }
    await delivery.close()
  } finally {
    progress.stop()
    files = rejects.close()
  }
  const { tally } = account
  return {
    tally,
    changes: dry ? account.changes() : undefined,
    notAdded: dry && tally.events > 0 ? notAddedBy(mapping) : [],
    rejects: files,
    replaced,
  }
}

async function openDelivery({ target, mapping, name }: Settings, screen: Screen): Promise<Opened> {
  const known = noKnownParts()
  const alone = { known, replaced: 0, mapping }
  if (target.kind === 'write') return { ...alone, delivery: createWriting(target.file) }
  if (target.kind === 'add up') return { ...alone, delivery: await createAddingUp() }
  const collector = createCollector(target)
  const resolved = resolveNames(mapping, await collector.datasets())
  const ask = (after: number) => collector.knownParts(name, after)
  // An import that did not end is gone on with: it may be the second half of a replacement that was cut off.
  const old = target.kind === 'send' && target.replace ? (await ask(0))?.state : undefined
  const replaced = old === 'finished' || old === 'undoing' ? await undo(collector, name, screen) : 0
  const parts = await readKnownParts(name, ask)
  const ending = target.kind === 'send' ? () => collector.end(name, parts.generation) : undefined
  const delivery = createSending(collector, resolved.dataset, ending)
  return { delivery, known: parts, replaced, mapping: resolved.mapping }
}

/** Fields of which nobody can say how they change before they are folded: distinct values, extremes and such. */
function notAddedBy({ fields }: Mapping): string[] {
  return fields.filter(({ kind }) => kind !== undefined && !isSubtractable(kind)).map(({ name }) => name)
}

/** A run that only looks writes nothing either, unless it was told where. */
function rejectsOf({ rejects }: Settings, dry: boolean): Rejects {
  return dry && rejects === undefined ? NO_REJECTS : createRejects(rejects)
}

/** Bytes of all tables; undefined where one of them does not say. */
function sizeOf(tables: readonly Table[]): number | undefined {
  return tables.reduce<number | undefined>(
    (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  )
}
