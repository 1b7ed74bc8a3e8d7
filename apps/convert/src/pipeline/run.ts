import { createCollector } from '../collector/client.ts'
import { checkNames } from '../collector/definition.ts'
import { planBatches } from '../import/batches.ts'
import { type KnownParts, NO_KNOWN_PARTS, readKnownParts } from '../import/known-parts.ts'
import { findInputs } from '../inputs/inputs.ts'
import { createProgress, type Screen } from '../report/progress.ts'
import { createRejects, NO_REJECTS, type Rejects } from '../report/rejects.ts'
import type { Tally } from '../report/tally.ts'
import type { Settings } from '../settings/settings.ts'
import { importerOf } from '../sources/by-name.ts'
import { createAccount } from './account.ts'
import type { Changes } from './changes.ts'
import { addingUp, createSending, createWriting, type Delivery } from './deliver.ts'
import { inFlight } from './in-flight.ts'
import { checkColumns, mapRows, type Reading } from './rows.ts'

/** What a run came to. */
export interface RunResult {
  tally: Tally
  /** What a dry run would change; undefined for other runs. */
  changes: Changes | undefined
  /** Files with rejected rows. */
  rejects: string[]
}

const MOST_IN_FLIGHT = 4

/**
 * Runs a conversion: bytes → rows → events → batches → acknowledged, each stage pulled by the next, so that memory
 * stays flat. Killed at any point and run again, it ends as if it had not been killed.
 * @param screen where progress is shown
 * @throws ConvertError where a person can put it right
 */
export async function run(settings: Settings, screen: Screen): Promise<RunResult> {
  const reading = readingOf(settings)
  await checkColumns(reading)
  const { delivery, known } = await openDelivery(settings)
  const dry = settings.target.kind === 'try' || settings.target.kind === 'add up'
  const rejects = rejectsOf(settings, dry)
  const progress = createProgress(screen, sizeOf(reading))
  const account = createAccount(rejects, progress.rows)
  let files: string[]
  try {
    const rows = account.rows(mapRows(reading, progress.bytes))
    const batches = planBatches(rows, settings.name, known)
    for await (const delivered of inFlight(batches, MOST_IN_FLIGHT, delivery.deliver)) {
      account.delivered(delivered)
    }
    await delivery.close()
  } finally {
    progress.stop()
    files = rejects.close()
  }
  return { tally: account.tally, changes: dry ? account.changes() : undefined, rejects: files }
}

/** What the settings say to read. @throws ConvertError for inputs that are not there */
export function readingOf({ inputs, source, delimiter, mapping }: Settings): Reading {
  return { inputs: findInputs(inputs), importer: importerOf(source, delimiter), mapping }
}

async function openDelivery({
  target,
  mapping,
  name,
}: Settings): Promise<{ delivery: Delivery; known: KnownParts }> {
  if (target.kind === 'write') return { delivery: createWriting(target.file), known: NO_KNOWN_PARTS }
  if (target.kind === 'add up') return { delivery: addingUp, known: NO_KNOWN_PARTS }
  const collector = createCollector(target)
  const dataset = checkNames(mapping, await collector.datasets())
  return {
    delivery: createSending(collector, dataset, target.kind === 'send'),
    known: await readKnownParts((after) => collector.knownParts(name, after)),
  }
}

/** A run that only looks writes nothing either, unless it was told where. */
function rejectsOf({ rejects }: Settings, dry: boolean): Rejects {
  return dry && rejects === undefined ? NO_REJECTS : createRejects(rejects)
}

/** Bytes of all inputs; undefined where one of them does not say. */
function sizeOf({ inputs }: Reading): number | undefined {
  return inputs.reduce<number | undefined>(
    (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  )
}
