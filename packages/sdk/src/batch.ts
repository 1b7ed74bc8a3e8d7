import { BATCH_BYTES, type EncodedEvent, utf8Bytes } from './event.ts'

// A merged event stays below what one event of a write key may add (`incrementPerEvent`, at least 100).
const MERGED_STEP = 100
// How the JSON of a step ends. It begins with a colon so that a long text is not tried again at each character.
const VALUE = /:-?\d+}}$/
// What a comma and the digits of a merged step may add to an event.
const GROWTH = 3

/** A batch in the queue: open while events are added, sealed once and for all. */
export interface Batch {
  readonly id: string
  /** The events, of an adopted batch in one text. */
  readonly parts: Pick<EncodedEvent, 'encoded'>[]
  /** The step of a name that was added last; whatever cannot be merged is its own name. */
  readonly merged: Map<unknown, EncodedEvent>
  /** How many events, and their size as they are sent, at most. */
  total: number
  bytes: number
  /** Changes with every event; `saved` is the one that the store has committed. */
  revision: number
  saved?: number
  /** While it is written: resolves when the write of its newest revision has ended, well or badly. */
  written?: Promise<void> | undefined
  /** An answer is awaited: it may have been counted, so it is not dropped. */
  sending?: boolean
  /** It was sent by beacon. */
  beaconed?: boolean
}

/** A batch under an id: a new one, or with what a store held. */
export function createBatch(id: string, encoded = '', count = 0): Batch {
  const parts = encoded ? [{ encoded }] : []
  const bytes = utf8Bytes(encoded)
  return { id, parts, merged: new Map(), total: count, bytes, revision: 0 }
}

/** Adds an event, or answers false where it does not fit any more. An empty batch takes anything. */
export function addEvent(batch: Batch, event: EncodedEvent, limit = 200): boolean {
  const { step } = event
  // The text without its seconds and its digits: only within a minute. Steps down stay apart from steps up: a key
  // that may not subtract would otherwise do it unseen.
  const name = Number.isSafeInteger(step) ? event.encoded.replace(/..\....Z",("f.*:-?).*/, '$1') : event
  const last = batch.merged.get(name)
  const sum = Number(last?.step) + Number(step)
  if (last && Math.abs(sum) <= MERGED_STEP) {
    last.step = sum
    // All but the value stays, so that the time of a merged event is that of its first step.
    last.encoded = last.encoded.replace(VALUE, `:${sum}}}`)
  } else {
    if (batch.total && (batch.total >= limit || batch.bytes + event.bytes >= BATCH_BYTES)) return false
    batch.merged.set(name, event)
    batch.total = batch.parts.push(event)
    batch.bytes += event.bytes + GROWTH
  }
  batch.revision++
  return true
}

/** The events as they are stored and sent: the same for ever once the batch is sealed. */
export function eventsOf({ parts }: Batch): string {
  return `[${parts.map(({ encoded }) => encoded)}]`
}
