import type { MappedRow, Origin, RowEvent } from '../import/batches.ts'
import type { Rejects } from '../report/rejects.ts'
import { createTally, type Tally } from '../report/tally.ts'
import { type Changes, createChangeSum } from './changes.ts'
import type { Delivered } from './deliver.ts'

/** Counts what a run does. */
export interface Account {
  readonly tally: Tally
  /** Passes rows on, counting them and keeping those that became no event. */
  rows(groups: AsyncIterable<MappedRow[]>): AsyncGenerator<MappedRow[]>
  /** Counts what became of a batch. */
  delivered(delivered: Delivered): void
  /** What the batches add. */
  changes(): Changes
}

/** Opens an account. @param onRows hears how many rows came */
export function createAccount(rejects: Rejects, onRows: (count: number) => void): Account {
  const tally = createTally()
  const changes = createChangeSum()

  function reject(origin: Origin, code: string, reason: string): void {
    const known = tally.reasons.get(code)
    if (known) known.count++
    else tally.reasons.set(code, { count: 1, example: `line ${origin.line}: ${reason}` })
    tally.rejected++
    rejects.add(origin, code, reason)
  }
  function take({ event }: RowEvent, duplicate: boolean): void {
    tally.events++
    if (duplicate) tally.duplicates++
    tally.first = Math.min(tally.first, event.at)
    tally.last = Math.max(tally.last, event.at)
    tally.parents.add(event.parent)
  }
  return {
    tally,
    async *rows(groups) {
      for await (const group of groups) {
        for (const { mapped, origin } of group) {
          if (mapped.kind === 'left out') tally.leftOut[mapped.by]++
          if (mapped.kind === 'rejected') reject(origin, mapped.rejection.code, mapped.rejection.reason)
        }
        tally.read += group.length
        onRows(group.length)
        yield group
      }
    },
    delivered({ batch, answer, changes: added }) {
      const rejected = new Map(answer.rejected.map((one) => [one.index, one]))
      const dropped = new Set(answer.dropped.map(({ index }) => index))
      tally.dropped += dropped.size
      batch.events.forEach((event, index) => {
        const one = rejected.get(index)
        if (one) reject(event.origin, one.code, one.message)
        else if (!dropped.has(index)) take(event, answer.duplicate === true)
      })
      if (added) changes.add(added)
    },
    changes: () => changes.result(),
  }
}
