import type { Totals } from '../event-log.ts'
import { NO_TOTALS, plus, totalsOf } from '../totals.ts'
import type { LogFileSystem } from './file-system.ts'
import { type Range, readStretch } from './reader.ts'
import type { Segment } from './segment.ts'

/** What a part of a segment holds. */
export interface Inspection {
  totals: Totals
  damaged: Range[]
  /** Position of the last record, where there is one. */
  last: string | undefined
  /** Arrival of the youngest record, 0 where there is none. */
  youngest: number
}

const READ_BYTES = 4 * 1024 * 1024

/** Reads a segment from one place to another, by default all of it. */
export async function inspect(
  fs: LogFileSystem,
  segment: Segment,
  from = segment.firstRecord,
  to = segment.end,
): Promise<Inspection> {
  const found: Inspection = { totals: NO_TOTALS, damaged: [], last: undefined, youngest: 0 }
  for (let at = from, done = false; !done; ) {
    const stretch = await readStretch(fs, segment, at, to, READ_BYTES)
    for (const { batch, position } of stretch.entries) {
      found.totals = plus(found.totals, totalsOf(batch))
      found.youngest = Math.max(found.youngest, batch.arrival)
      found.last = position
    }
    for (const range of stretch.damaged) add(found.damaged, range)
    at = stretch.next
    done = stretch.done
  }
  return found
}

/** A range that goes on where the last one ended is the same damage, read in two stretches. */
function add(ranges: Range[], { from, to }: Range): void {
  const last = ranges.at(-1)
  if (last?.to === from) last.to = to
  else ranges.push({ from, to })
}
