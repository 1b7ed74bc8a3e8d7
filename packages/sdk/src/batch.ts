import { uuidTime } from '@trackable/protocol'
import { BATCH_BYTES, type EncodedEvent, utf8Bytes } from './event.ts'

// A merged event stays below what one event of a write key may add (`incrementPerEvent`, at least 100).
const MERGED_STEP = 100
// How the JSON of a step ends. It begins with a colon so that a long text is not tried again at each character.
const VALUE = /:(-?\d+)}}$/

/** A batch in the queue: open while events are added, sealed once and for all. */
export interface Batch {
  readonly id: string
  /** When it was opened, in milliseconds since 1970. */
  readonly at: number
  /** The JSON of the events. */
  readonly parts: string[]
  /** Where steps of a name were added last. */
  readonly merged: Map<string | undefined, number>
  /** How many events, and their size as they are sent. */
  count: number
  bytes: number
  /** Changes with every event; `saved` is the one that the store has committed. */
  revision: number
  saved: number
  /** An answer is awaited: it may have been counted, so it is not dropped. */
  sending?: boolean
  /** It was sent by beacon. */
  beaconed?: boolean
}

/** A batch under an id: a new one, or with what a store held. */
export function createBatch(id: string, parts: string[] = [], count = 0): Batch {
  const bytes = utf8Bytes(`${parts}`)
  return { id, at: uuidTime(id), parts, merged: new Map(), count, bytes, revision: 0, saved: -1 }
}

/** Adds an event, or answers false where it does not fit any more. An empty batch takes anything. */
export function addEvent(
  batch: Batch,
  // A step that is none adds up to NaN, which no comparison lets through.
  { text, bytes, merge, step = Number.NaN }: EncodedEvent,
  limit: number,
): boolean {
  const { parts, merged } = batch
  const index = merged.get(merge) ?? -1
  const before = parts[index] ?? ''
  const sum = step + Number(before.match(VALUE)?.[1])
  if (Math.abs(sum) <= MERGED_STEP) {
    // All but the value stays, so that the time of a merged event is that of its first step.
    const after = before.replace(VALUE, `:${sum}}}`)
    batch.bytes += after.length - before.length
    parts[index] = after
  } else {
    if (batch.count && (batch.count >= limit || batch.bytes + bytes >= BATCH_BYTES)) return false
    merged.set(merge, batch.count)
    batch.count = parts.push(text)
    batch.bytes += bytes + 1
  }
  batch.revision++
  return true
}

/** The events as they are stored and sent: the same for ever once the batch is sealed. */
export function eventsOf({ parts }: Batch): string {
  return `[${parts}]`
}
