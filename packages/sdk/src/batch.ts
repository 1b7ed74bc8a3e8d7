import { BATCH_BYTES, type EncodedEvent, utf8Bytes } from './event.ts'
import type { StoredBatch } from './store/store.ts'

// A merged event stays below what one event of a write key may add (`incrementPerEvent`, at least 100).
const MERGED_STEP = 100

/** A batch in the queue: open while events are added, sealed once and for all. */
export interface Batch {
  readonly id: string
  /** The JSON of the events. */
  readonly parts: string[]
  /** Where steps of a name were added last, and up to what. */
  readonly merged: Map<string, { index: number; step: number; tail: string }>
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
export function createBatch(id: string, count = 0, events = '[]'): Batch {
  const parts = count ? [events.slice(1, -1)] : []
  return { id, parts, merged: new Map(), count, bytes: utf8Bytes(events), revision: 0, saved: -1 }
}

/** Adds an event, or answers false where it does not fit any more. An empty batch takes anything. */
export function addEvent(batch: Batch, { head, step, tail, merge }: EncodedEvent, limit: number): boolean {
  const { parts, merged } = batch
  const last = merged.get(merge)
  const sum = (last?.step ?? 0) + Number(step)
  if (merge && last && Math.abs(sum) <= MERGED_STEP) {
    // The time of a merged event is that of its first step.
    const event = head + sum + last.tail
    batch.bytes += event.length - (parts[last.index] as string).length
    parts[last.index] = event
    last.step = sum
  } else {
    const event = head + step + tail
    const bytes = batch.bytes + utf8Bytes(event) + 1
    if (batch.count && (batch.count >= limit || bytes > BATCH_BYTES)) return false
    merged.set(merge, { index: batch.count, step: Number(step), tail })
    batch.count = parts.push(event)
    batch.bytes = bytes
  }
  batch.revision++
  return true
}

/** The batch as it is stored and sent: its events never look different again once it is sealed. */
export function storedBatch({ id, count, parts }: Batch, owner: string): StoredBatch {
  return { id, owner, count, events: `[${parts}]` }
}
