import { uuidv7 } from '@trackable/protocol'
import { createCore } from './core.ts'
import type { Host } from './host.ts'
import { livingTracker, urlOf } from './instances.ts'
import type { TrackerOptions } from './options.ts'
import { createLoneOwner } from './owner.ts'
import type { Store } from './store/store.ts'
import { createServerTransport } from './transport/fetch.ts'
import type { FlushResult, RegisteredDatasets, Tracker } from './types.ts'

export { type TrackerCode, TrackerError } from './error.ts'
export type { Consent, Credential, Drop, TrackerOptions } from './options.ts'
export type { Store, StoredBatch } from './store/store.ts'
export type { Attempt, Transport } from './transport/transport.ts'
export type {
  FlushResult,
  RecordOptions,
  Register,
  RegisteredDatasets,
  Trackable,
  TrackableOf,
  Tracker,
} from './types.ts'

// Milliseconds that `close` tries to empty the queue, which lives in memory.
const DRAIN_FOR = 10_000
const DRAIN_STEP = 500

/**
 * Creates the tracker of a server process, or gives the living one of the same endpoint and key. The process can
 * end while nothing waits; call `close` before it does.
 * @example
 * const tracker = createTracker<typeof datasets>({ endpoint: 'http://127.0.0.1:8787', key: process.env.SECRET_KEY })
 * tracker.increment('article', id, 'impressions')
 * await tracker.close()
 */
export function createTracker<Datasets = RegisteredDatasets>(options: TrackerOptions): Tracker<Datasets> {
  return livingTracker(options, (onClose) => {
    const newId = () => uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10)))
    const host: Host = {
      store: storeOf(options.store),
      transport: options.transport ?? createServerTransport(urlOf(options)),
      owner: createLoneOwner(newId()),
      newId,
      later,
      log: (level, ...what) => console[level]('trackable', ...what),
    }
    const { tracker } = createCore(options, host, onClose)
    let closing: Promise<FlushResult> | undefined
    return { ...tracker, close: () => (closing ??= drain(tracker)) }
  })
}

/** Flushes until nothing waits, then closes. The queue is gone with the process, so a down collector gets a while. */
async function drain(tracker: Tracker<undefined>): Promise<FlushResult> {
  const until = Date.now() + DRAIN_FOR
  const first = await tracker.flush()
  let { pending } = first
  while (pending > 0 && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP))
    pending = (await tracker.flush()).pending
  }
  const last = await tracker.close()
  return { sent: first.sent + first.pending - last.pending, pending: last.pending }
}

// Node has no IndexedDB: whoever asks for it here shares code with a page and gets what a server has.
function storeOf(store: TrackerOptions['store']): Store | undefined {
  return typeof store === 'object' ? store : undefined
}

function later(ms: number, callback: () => void, idle?: boolean): () => void {
  const timer = setTimeout(callback, ms)
  if (idle) timer.unref()
  return () => clearTimeout(timer)
}
