import type { EventLog, LogView, Place, Totals } from '../event-log.ts'
import { minus, NO_TOTALS, plus } from '../totals.ts'
import type { LogFileSystem } from './file-system.ts'
import { inspect } from './inspect.ts'
import { type Located, locate } from './reader.ts'
import type { Kept } from './recover.ts'
import type { Segment } from './segment.ts'

interface Asked {
  located: Extract<Located, { place: 'kept' }>
  /** Everything up to the position. */
  through: Totals
  /** Arrival of the record after it, once there is one. */
  next: number | null
}

/**
 * The view of a log. It counts by the totals in the segments' headers, so that it reads at most the position's own
 * segment; the last position asked for is remembered, and asking for it again reads nothing (proven by
 * `file-log.test.ts`, "a view reads no more than the segment of its position …").
 */
export function createView(fs: LogFileSystem, kept: Kept, read: EventLog['read']): EventLog['view'] {
  const ask = createQuestion(fs, kept)
  let oldest: { segment: Segment | undefined; arrival: number | null } | undefined

  async function firstArrival(after: string | null): Promise<number | null> {
    return (await read(after, 1))[0]?.batch.arrival ?? null
  }

  async function oldestKept(): Promise<number | null> {
    const segment = kept.segments[0]
    if (oldest?.segment !== segment || oldest?.arrival === null) {
      oldest = { segment, arrival: await firstArrival(null) }
    }
    return oldest?.arrival ?? null
  }

  return async (after): Promise<LogView> => {
    const { place, asked } = await ask(after)
    // All of one moment, and before the arrivals are looked up: what waits then is found by that.
    const { end, totals, segments } = kept
    const before = segments[0]?.before ?? NO_TOTALS
    const waiting = minus(totals, asked?.through ?? before)
    const first = end === null ? null : await oldestKept()
    if (asked && waiting.batches > 0) asked.next ??= await firstArrival(after)
    return {
      end,
      waiting,
      oldestWaiting: waiting.batches === 0 ? null : asked ? asked.next : first,
      oldestKept: first,
      before,
      place,
    }
  }
}

/** Where a position stands, and for a kept one what lies up to it; the last one is remembered. */
function createQuestion(fs: LogFileSystem, kept: Kept) {
  let last: Asked | undefined

  async function through({ segment, from }: Asked['located']): Promise<Totals> {
    const known = last
    if (known?.located.segment === segment && known.located.from <= from) {
      return plus(known.through, (await inspect(fs, segment, known.located.from, from)).totals)
    }
    // From the far side: what damage took out of the position's segment does not wait.
    const behind = kept.segments[kept.segments.indexOf(segment) + 1]?.before ?? kept.totals
    return minus(behind, (await inspect(fs, segment, from)).totals)
  }

  return async (after: string | null): Promise<{ place: Place; asked?: Asked }> => {
    const known = last
    if (known?.located.position === after && kept.segments.includes(known.located.segment)) {
      return { place: 'kept', asked: known }
    }
    const located = await locate(fs, kept.segments, after)
    if (located.place !== 'kept') return located
    const asked = { located, through: await through(located), next: null }
    last = asked
    return { place: 'kept', asked }
  }
}
