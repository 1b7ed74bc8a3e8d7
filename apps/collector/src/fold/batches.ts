import { setImmediate } from 'node:timers/promises'
import type { Dataset } from '@trackable/dataset'
import type { Entry, LoggedEvent } from '../log/event-log.ts'
import type { DimensionValues, NewValues } from './dimension-values.ts'
import { createGroup, type TableDeltas } from './group.ts'
import type { createResolver, Dead, ResolvedEvent } from './resolve.ts'
import { type Counts, total } from './status.ts'

/** An event that goes to the dead letters, with its place. */
export interface DeadLetter extends Dead {
  position: string
  index: number
  dataset: string
  event: unknown
}

/** Everything that one commit writes. */
export interface Commit {
  next: string
  /** The entries that count now. */
  counted: Entry[]
  tables: TableDeltas[]
  dead: DeadLetter[]
  values: NewValues[]
  counts: Counts
  /** After the commit: admits what it proposed. */
  keep(): void
}

/** What a commit is made from: entries, the ones that have counted before, and the events found to be poison. */
export interface Material {
  entries: readonly Entry[]
  /** Keys (`keyOf`) that counted in an earlier commit. */
  known: ReadonlySet<string>
  /** By position and index: why an event cannot count. */
  poison: ReadonlyMap<string, Dead>
}

/** What makes a batch one and the same: its id, or its place in an import. */
export function keyOf({ batch }: Entry): string {
  const { id, import: part } = batch
  return part ? `${part.name}\u0000${part.generation}\u0000${part.from}` : id
}

/** So many events are merged before requests get their turn: a few milliseconds. */
const EVENTS_A_BREATH = 5000

/** Merges a group of entries into one commit. Of a batch that is there twice the first counts. */
export async function buildCommit(
  datasets: readonly Dataset[],
  resolve: ReturnType<typeof createResolver>,
  values: DimensionValues,
  { entries, known, poison }: Material,
): Promise<Commit> {
  const counts: Counts = {
    received: 0,
    accepted: 0,
    rejected: 0,
    dropped: 0,
    folded: 0,
    dead: 0,
    duplicates: 0,
  }
  const group = createGroup(datasets)
  const proposal = values.propose()
  const counted: Entry[] = []
  const dead: DeadLetter[] = []
  const seen = new Set(known)
  let sinceBreath = 0
  for (const entry of entries) {
    const { batch } = entry
    sinceBreath += batch.events.length
    if (sinceBreath > EVENTS_A_BREATH) {
      sinceBreath = 0
      await setImmediate()
    }
    counts.received += batch.received
    counts.accepted += batch.events.length
    counts.dropped += total(batch.dropped)
    counts.rejected += total(batch.rejected)
    const key = keyOf(entry)
    if (seen.has(key)) {
      counts.duplicates += batch.events.length
      continue
    }
    seen.add(key)
    counted.push(entry)
    batch.events.forEach((event, index) => {
      const why = poison.get(`${entry.position}#${index}`)
      const resolved = why ?? resolve(event, entry.definitions)
      if ('code' in resolved) {
        dead.push({ ...resolved, position: entry.position, index, ...describe(event, entry) })
        return
      }
      group.add(admitted(resolved, proposal.admit))
    })
  }
  counts.dead = dead.length
  counts.folded = counts.accepted - counts.duplicates - counts.dead
  return {
    next: entries.at(-1)!.position,
    counted,
    tables: group.deltas(),
    dead,
    values: proposal.proposed(),
    counts,
    keep: proposal.keep,
  }
}

function admitted(
  event: ResolvedEvent,
  admit: (dataset: number, dimension: number, value: string) => string,
) {
  if (event.dimensions.length === 0) return event
  return { ...event, dimensions: event.dimensions.map((value, i) => admit(event.dataset, i, value)) }
}

/** A dead event by the names it was sent with, so that a person can read it. */
function describe([index, parent, at, fields, dimensions = []]: LoggedEvent, { definitions }: Entry) {
  const dataset = definitions[index] as Dataset
  const fieldNames = Object.keys(dataset.fields)
  const inputs: Record<string, unknown> = {}
  for (let i = 0; i < fields.length; i += 2) inputs[fieldNames[fields[i] as number] ?? '?'] = fields[i + 1]
  const names = Object.keys(dataset.dimensions)
  return {
    dataset: dataset.name,
    event: {
      dataset: dataset.name,
      parent,
      at: new Date(at).toISOString(),
      fields: inputs,
      dimensions: Object.fromEntries(dimensions.map((value, i) => [names[i], value])),
    },
  }
}
