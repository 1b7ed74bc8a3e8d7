import { setImmediate } from 'node:timers/promises'
import type { Dataset } from '@trackable/dataset'
import { isAggregateFailure } from '@trackable/dataset/fold'
import { plusCounts } from '../counts.ts'
import type { Counts, DeadLetter, NewValues, TableRows } from '../db/fold-database.ts'
import type { Entry, LoggedBatch } from '../log/event-log.ts'
import { deadLetterOf } from './dead-letter.ts'
import type { DimensionValues } from './dimension-values.ts'
import { createGroup, type Group } from './group.ts'
import { contentOf, type ImportContent, isUndo } from './import-content.ts'
import type { createResolver, Dead, ResolvedEvent } from './resolve.ts'

/** Everything that one commit writes. */
export interface Commit {
  next: string
  /** How many of the entries are in it, the first ones: fewer where a commit would have too many rows with states. */
  length: number
  /** The entries that count now. */
  counted: Entry[]
  /** Positions of the entries that are not to be counted, however often they are read. */
  repeats: string[]
  tables: TableRows[]
  dead: DeadLetter[]
  values: NewValues[]
  counts: Counts
  newestArrival: number
  /** By position, what batches of imports added. */
  contents: ReadonlyMap<string, ImportContent>
  /** After the commit: admits what it proposed. */
  keep(): void
}

/**
 * Why an entry does not count: `again` where this very record was folded before, `repeat` where another copy of its
 * batch was, `late` where the ledger no longer reaches back to it, so that nobody can tell.
 */
export type Settled = 'again' | 'repeat' | 'late'

/** What a commit is made from. */
export interface Material {
  entries: readonly Entry[]
  /** By position, what the database said of entries that do not count. */
  settled: ReadonlyMap<string, Settled>
  /** By position and index: why an event cannot count. */
  poison: ReadonlyMap<string, Dead>
}

/** What makes a batch one and the same: its id, or its place in an import. */
function keyOf({ batch }: Entry): string {
  const { id, import: part } = batch
  return part ? `${part.name}\u0000${part.generation}\u0000${part.from}` : id
}

/** A state may take 10 KB on its way, and is read, merged and written: a commit ends where it has more rows of them. */
const COMMIT_STATES = 10_000

/** So many events are merged before requests get their turn: a few milliseconds. */
const EVENTS_A_BREATH = 5000

const LATE: Dead = {
  code: 'database_refused',
  message:
    'it arrived before the time up to which the ledger is pruned, so that it cannot be told from a repeat; replay it if it is none',
}

/** Merges a group of entries, or as many of the first as one commit takes, into one commit. Of a batch that is there twice the first counts. */
export async function buildCommit(
  datasets: readonly Dataset[],
  resolve: ReturnType<typeof createResolver>,
  values: DimensionValues,
  { entries, settled, poison }: Material,
): Promise<Commit> {
  const counts = noCounts()
  const group = createGroup(datasets)
  const proposal = values.propose()
  const counted: Entry[] = []
  const repeats: string[] = []
  const dead: DeadLetter[] = []
  const seen = new Set<string>()
  const contents = new Map<string, ImportContent>()
  let length = 0
  let sinceBreath = 0
  let newestArrival = 0
  for (const entry of entries) {
    // Before the next is merged: what has been is not built a second time for being too much.
    if (group.stateRows() > COMMIT_STATES) break
    length++
    const { batch, position } = entry
    sinceBreath += batch.events.length
    if (sinceBreath > EVENTS_A_BREATH) {
      sinceBreath = 0
      await setImmediate()
    }
    newestArrival = Math.max(newestArrival, batch.arrival)
    const key = keyOf(entry)
    const known = settled.get(position) ?? (seen.has(key) ? 'repeat' : undefined)
    seen.add(key)
    if (known === 'again') continue
    addReceived(counts, entry)
    if (known === 'repeat') counts.duplicates += batch.events.length
    if (known) repeats.push(position)
    else counted.push(entry)
    if (known === 'repeat') continue
    const added: ResolvedEvent[] = []
    batch.events.forEach((event, index) => {
      const why = known === 'late' ? LATE : poison.get(`${position}#${index}`)
      const resolved = why ?? resolve(event, entry.definitions)
      const taken = 'code' in resolved ? resolved : add(group, proposal.admitted(resolved), batch)
      if ('code' in taken) {
        dead.push(deadLetterOf(taken, entry, index))
      } else {
        proposal.take()
        added.push(taken)
      }
    })
    if (batch.import && !isUndo(batch.import)) contents.set(position, contentOf(datasets, added))
  }
  counts.dead = dead.length
  counts.folded = counts.accepted - counts.duplicates - counts.dead
  return {
    next: entries[length - 1]!.position,
    length,
    counted,
    repeats,
    tables: group.deltas(),
    dead,
    values: proposal.proposed(),
    counts,
    newestArrival,
    contents,
    keep: proposal.keep,
  }
}

/** Adds an event and gives it; where a field of its own refuses it, says why, and nothing was added anywhere. */
function add(group: Group, event: ResolvedEvent, { arrival, takesBack }: LoggedBatch): ResolvedEvent | Dead {
  try {
    group.add(event, arrival, takesBack)
    return event
  } catch (error) {
    if (!isAggregateFailure(error)) throw error
    return { code: 'aggregate_failed', message: error.message }
  }
}

function noCounts(): Counts {
  return {
    batches: 0,
    received: 0,
    accepted: 0,
    folded: 0,
    dead: 0,
    duplicates: 0,
    rejected: {},
    dropped: {},
  }
}

function addReceived(counts: Counts, { batch }: Entry): void {
  counts.batches++
  counts.received += batch.received
  counts.accepted += batch.events.length
  counts.rejected = plusCounts(counts.rejected, batch.rejected)
  counts.dropped = plusCounts(counts.dropped, batch.dropped)
}
