import { uuidTime } from '@trackable/protocol'
import { BATCH_BYTES, type EncodedEvent, utf8Bytes } from './event.ts'
import type { StoredBatch } from './store/store.ts'

// A merged event stays below what one event of a write key may add (`incrementPerEvent`, at least 100).
const MERGED_STEP = 100

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
export function createBatch(id: string, found?: StoredBatch): Batch {
  const { count = 0, events = '[]' } = found ?? {}
  const parts = count ? [events.slice(1, -1)] : []
  const bytes = utf8Bytes(events)
  return { id, at: uuidTime(id), parts, merged: new Map(), count, bytes, revision: 0, saved: -1 }
}

/** Adds an event, or answers false where it does not fit any more. An empty batch takes anything. */
export function addEvent(
  batch: Batch,
  { text, bytes, merge, step = 0 }: EncodedEvent,
  limit: number,
): boolean {
  const { parts, merged } = batch
  const index = merged.get(merge) ?? -1
  const before = parts[index] ?? ''
  // All but the value stays, so that the time of a merged event is that of its first step.
  const head = before.slice(0, before.lastIndexOf(':') + 1)
  // NaN, which no comparison lets through, where there is nothing to merge with.
  const sum = step + Number.parseFloat(before.slice(head.length))
  if (merge && Math.abs(sum) <= MERGED_STEP) {
    const after = `${head}${sum}}}`
    batch.bytes += after.length - before.length
    parts[index] = after
  } else {
    const full = batch.count >= limit || batch.bytes + bytes >= BATCH_BYTES
    if (batch.count && full) return false
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
