import type { RequestCode } from '@trackable/protocol'
import type { TrackerError } from './error.ts'
import type { Store } from './store/store.ts'
import type { Transport } from './transport/transport.ts'

/** A text that may change while the tracker lives: asked before each attempt. */
export type Credential = string | (() => string | Promise<string>)

/**
 * What the visitor said about being counted. `granted`: events are stored and sent. `pending`: nobody has said yet;
 * events wait in memory, nothing is sent, and the device's store is neither read nor written. `denied`: nothing is
 * recorded, and what waits is deleted, in memory and on the device.
 */
export type Consent = 'granted' | 'pending' | 'denied'

/** Events that were given up without being counted. */
export interface Drop {
  /** `queue_full`: past `maxQueueBytes`; `denied`: by consent; else the code with which the collector refused them. */
  reason: 'queue_full' | 'denied' | RequestCode
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
  /** What the visitor said when the page began; `setConsent` changes it. Default `granted`. */
  consent?: Consent
  /**
   * Follows Global Privacy Control and Do Not Track where the visitor's browser says so: no array is sent, so no input
   * of a unique, and nothing is stored on the device, so what does not fit the beacon of a page that ends is lost.
   * Counters still count. Default true.
   */
  respectPrivacySignals?: boolean
  /** What went wrong. Default: a warning in the console. */
  onError?: (error: TrackerError) => void
  /** What was given up. */
  onDrop?: (drop: Drop) => void
  /** Says in the console what was queued, sent and dropped, and why. Default false. */
  debug?: boolean
}
