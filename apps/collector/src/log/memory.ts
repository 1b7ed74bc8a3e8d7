import { randomUUID } from 'node:crypto'
import type { Definitions, Entry, EventLog } from './event-log.ts'
import { prefixLength } from './prefix.ts'

/** A log in memory, for tests: the contract without the disk. */
export function createMemoryLog(definitions: Definitions): EventLog {
  const id = randomUUID()
  const entries: Entry[] = []
  let next = 0
  return {
    id,
    async append(batch) {
      const position = `${id}:${next++}`
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
    async trim(through, arrivedBefore) {
      const end = entries.findIndex((entry) => entry.position === through)
      const young = entries.findIndex((entry) => entry.batch.arrival >= arrivedBefore)
      const kept = young === -1 ? end : Math.min(end, young)
      if (kept > 0) entries.splice(0, kept)
    },
    async close() {},
  }
}
