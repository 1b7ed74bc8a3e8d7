import type { CommitInput } from '../db/fold-database.ts'
import type { Commit } from './batches.ts'

/** A commit in the database's terms. */
export function toInput(
  log: string,
  expected: string | null,
  commit: Commit,
  counted = commit.next,
): CommitInput {
  const { next, repeats, counts, dead, values, tables, newestArrival } = commit
  const batches = commit.counted.filter(({ batch }) => !batch.import)
  const arrivals = batches.map(({ batch }) => batch.arrival)
  return {
    log,
    expected,
    next,
    counted,
    batches: batches
      .map(({ batch, position }) => ({ id: batch.id, position }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    imports: commit.counted.flatMap(({ batch, position }) => {
      const { id, arrival, events } = batch
      if (!batch.import) return []
      return [
        {
          ...batch.import,
          ...commit.contents.get(position),
          id,
          events: events.length,
          position,
          arrived: new Date(arrival).toISOString(),
        },
      ]
    }),
    oldestArrival: arrivals.length === 0 ? null : arrivals.reduce((a, b) => Math.min(a, b)),
    newestArrival,
    repeats,
    counts,
    dead,
    values,
    tables,
  }
}
