import type { Entry } from '../event-log.ts'
import { prefixLength } from '../prefix.ts'

/** The newest entries, as ingest appended them: what the fold would otherwise read back and parse. */
export interface Tail {
  /** Adds a durable entry. */
  push(entry: Entry): void
  /** The entries after a position, or undefined where memory does not reach back to it. */
  after(position: string | null, maxBytes: number): Entry[] | undefined
  /** Lets go of the entries up to a position: they are folded. */
  forget(through: string): void
}

/** A tail of at most `limit` bytes, of what comes after `start`. Past it everything goes, and the fold reads the files until it has caught up. */
export function createTail(start: string | null, limit: number): Tail {
  let previous = start
  let entries: Entry[] = []
  let bytes = 0

  function indexAfter(position: string | null): number {
    return position === previous ? 0 : entries.findIndex((entry) => entry.position === position) + 1 || -1
  }

  return {
    push(entry) {
      entries.push(entry)
      bytes += entry.bytes
      if (bytes <= limit) return
      previous = entry.position
      entries = []
      bytes = 0
    },
    after(position, maxBytes) {
      const index = indexAfter(position)
      if (index === -1) return undefined
      const rest = index === 0 ? entries : entries.slice(index)
      return rest.slice(
        0,
        prefixLength(rest, (entry) => entry.bytes, maxBytes),
      )
    },
    forget(through) {
      const count = indexAfter(through)
      for (const entry of entries.splice(0, Math.max(0, count))) {
        bytes -= entry.bytes
        previous = entry.position
      }
    },
  }
}
