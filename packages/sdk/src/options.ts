import type { TrackerError } from './error.ts'
import type { Store } from './store/store.ts'
import type { Transport } from './transport/transport.ts'

/** A text that may change while the tracker lives: asked before each attempt. */
export type Credential = string | (() => string | Promise<string>)

/** Events that were given up without being counted. */
export interface Drop {
  reason: 'queue_full'
  /** The id of their batch. */
  batch: string
  /** How many. */
  events: number
}

/** Options of `createTracker`. */
export interface TrackerOptions {
  /**
   * Where the collector is, such as `https://stats.example.com`; on a page also a path of its own site. Trackers of
   * one site and endpoint share what a visitor left unsent, also when the key has been renewed.
   */
  endpoint: string
  /** Where batches are posted under the endpoint. Default `/v1/batches`. */
  path?: string
  /** The write key, or a secret key on a server. */
  key: Credential
  /** A signed permit, sent with every batch. */
  grant?: Credential
  /** Where batches wait. Default: `indexeddb` in browsers and `memory` elsewhere. */
  store?: 'indexeddb' | 'memory' | Store
  /** What carries batches. Default: `sendBeacon` and `fetch`. */
  transport?: Transport
  /** Milliseconds from the first event of a batch to its sending. Default 1,000. */
  flushEvery?: number
  /** Most events in a batch, at most 1,000; a batch is also full at 48 KiB. Default 200. */
  batchEvents?: number
  /** Most bytes that wait; past them the oldest batch is dropped and told to `onDrop`. Default 8 MiB. */
  maxQueueBytes?: number
  /** Merges increments of whole numbers while their batch is open. Default true. */
  coalesce?: boolean
  /** What went wrong. Default: a warning in the console. */
  onError?: (error: TrackerError) => void
  /** What was given up. */
  onDrop?: (drop: Drop) => void
  /** Says in the console what was tracked, sent and dropped. Default false. */
  debug?: boolean
}
