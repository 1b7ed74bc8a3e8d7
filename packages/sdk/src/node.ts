import { uuidv7 } from '@trackable/protocol'
import { createCore } from './core.ts'
import type { Host } from './host.ts'
import { livingTracker } from './instances.ts'
import type { TrackerOptions } from './options.ts'
import { claimStore } from './server/file-store.ts'
import { createServerTracker, ownerOf, type ServerTracker } from './server/server-tracker.ts'
import { createServerTransport } from './transport/fetch.ts'
import type { RegisteredDatasets } from './types.ts'

export { type TrackerCode, TrackerError } from './error.ts'
export type { Consent, Credential, Drop, TrackerOptions } from './options.ts'
export { fileStore } from './server/file-store.ts'
export type { ServerTracker } from './server/server-tracker.ts'
export type { AnyRequest } from './server/visitor.ts'
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

/**
 * Creates the tracker of a server process, or gives the living one of the same endpoint and key. The process can
 * end while nothing waits; before it ends, by itself or by a signal, it sends what waits.
 * @example
 * const tracker = createTracker<typeof datasets>({ endpoint: 'http://127.0.0.1:8787', key: process.env.SECRET_KEY })
 * tracker.increment('article', id, 'impressions')
 */
export function createTracker<Datasets = RegisteredDatasets>(
  options: TrackerOptions,
): ServerTracker<Datasets> {
  return livingTracker(options, (onClose, url) => {
    const newId = () => uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10)))
    // Node has no IndexedDB: whoever asks for it here shares code with a page and gets what a server has.
    const store = typeof options.store === 'object' ? claimStore(options.store) : undefined
    const host: Host = {
      store,
      transport: options.transport ?? createServerTransport(url),
      owner: ownerOf(store, newId()),
      newId,
      later,
      log: (level, ...what) => console[level]('trackable', ...what),
    }
    return createServerTracker(createCore(options, host, onClose), options, store)
  }) as ServerTracker<any>
}

function later(ms: number, callback: () => void, idle?: boolean): () => void {
  const timer = setTimeout(callback, ms)
  if (idle) timer.unref()
  return () => clearTimeout(timer)
}
