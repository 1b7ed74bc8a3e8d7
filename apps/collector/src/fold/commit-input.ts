import type { CommitInput } from '../db/commit.ts'
import type { Commit } from './batches.ts'

/** A commit in the database's terms. */
export function toInput(log: string, expected: string | null, commit: Commit): CommitInput {
  const { counts, counted } = commit
  const imports = counted.flatMap(({ batch, position }) => {
    const { id, arrival, events } = batch
    if (!batch.import) return []
    return [
      { ...batch.import, id, events: events.length, position, arrived: new Date(arrival).toISOString() },
    ]
  })
  return {
    log,
    expected,
    next: commit.next,
    batches: counted
      .filter(({ batch }) => !batch.import)
      .map(({ batch, position }) => ({ id: batch.id, position, arrival: batch.arrival }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    imports,
    counts: [
      counts.received,
      counts.accepted,
      counts.rejected,
      counts.dropped,
      counts.folded,
      counts.dead,
      counts.duplicates,
    ],
    dead: commit.dead,
    values: commit.values,
    tables: commit.tables,
  }
}
