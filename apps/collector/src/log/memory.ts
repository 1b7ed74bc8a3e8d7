import { randomUUID } from 'node:crypto'
import type { Definitions, Entry, EventLog, Place, Totals } from './event-log.ts'
import { prefixLength } from './prefix.ts'
import { NO_TOTALS, plus, totalsOf } from './totals.ts'

/** A log in memory, for tests: the contract without the disk. */
export function createMemoryLog(definitions: Definitions): EventLog {
  const id = randomUUID()
  const entries: Entry[] = []
  let next = 0
  let before = NO_TOTALS

  const positionOf = (number: number) => `${id}:${number}`

  function placeOf(after: string | null): Place {
    if (after === null) return 'start'
    if (entries.some(({ position }) => position === after)) return 'kept'
    const number = Number(after.slice(id.length + 1))
    return after === positionOf(number) && number < next ? 'behind' : 'unknown'
  }

  return {
    id,
    async append(batch) {
      const position = positionOf(next++)
      entries.push({ position, batch, definitions, bytes: JSON.stringify(batch).length })
      return position
    },
    async read(after, maxBytes) {
      const start = entries.findIndex((entry) => entry.position === after) + 1
      const rest = entries.slice(start)
      return rest.slice(
        0,
        prefixLength(rest, ({ bytes }) => bytes, maxBytes),
      )
    },
    async view(after) {
      const waiting = entries.slice(entries.findIndex(({ position }) => position === after) + 1)
      return {
        end: entries.at(-1)?.position ?? null,
        waiting: totalsOfAll(waiting),
        oldestWaiting: waiting[0]?.batch.arrival ?? null,
        oldestKept: entries[0]?.batch.arrival ?? null,
        before,
        place: placeOf(after),
      }
    },
    async trim(through, arrivedBefore) {
      const end = entries.findIndex((entry) => entry.position === through)
      const young = entries.findIndex((entry) => entry.batch.arrival >= arrivedBefore)
      const kept = young === -1 ? end : Math.min(end, young)
      if (kept > 0) before = plus(before, totalsOfAll(entries.splice(0, kept)))
    },
    async close() {},
  }
}

function totalsOfAll(entries: readonly Entry[]): Totals {
  return entries.reduce((totals, { batch }) => plus(totals, totalsOf(batch)), NO_TOTALS)
}
