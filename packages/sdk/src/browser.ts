import { type Core, createCore } from './core.ts'
import type { Host } from './host.ts'
import { livingTracker } from './instances.ts'
import type { TrackerOptions } from './options.ts'
import { createPageOwner } from './owner.ts'
import { createIndexedDbStore } from './store/indexeddb.ts'
import { withSpill } from './store/spill.ts'
import type { Store } from './store/store.ts'
import { createBrowserTransport } from './transport/fetch.ts'
import type { RegisteredDatasets, Tracker } from './types.ts'

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

/**
 * Creates the tracker of a page or a worker, or gives the living one of the same endpoint and key. It opens its
 * database, where it may store anything, and does nothing else before the first event.
 * @example
 * const tracker = createTracker<typeof datasets>({ endpoint: 'https://stats.example.com', key: 'pk_…' })
 * tracker.increment('article', id, 'impressions')
 */
export function createTracker<Datasets = RegisteredDatasets>(options: TrackerOptions): Tracker<Datasets> {
  return livingTracker(options, (onClose, url, scope) => {
    const listening = new AbortController()
    const core = createCore(options, createHost(options, url, scope), () => {
      listening.abort()
      onClose()
    })
    listen(core, listening.signal)
    return core.tracker
  })
}

/** How browsers pass on what their user wants. */
interface Signals {
  globalPrivacyControl?: boolean
  doNotTrack?: string | null
}

function createHost(options: TrackerOptions, url: string, scope: string): Host {
  // A UUIDv7 with 72 random bits: `uuidv7` of the protocol has two more, and twice the size.
  const newId = () =>
    (
      Date.now().toString(16).padStart(12, '0') +
      crypto.getRandomValues(new Uint8Array(18)).reduce((hex, byte) => hex + (byte % 16).toString(16), '')
    ).replace(/(.{8})(.{4})(.{3})(.{3})/, '$1-$2-7$3-8$4-')
  const navigator: (Partial<Navigator> & Signals) | undefined = globalThis.navigator
  const signalled =
    options.respectPrivacySignals !== false &&
    (navigator?.globalPrivacyControl || navigator?.doNotTrack === '1')
  return {
    signalled,
    store: createStore(signalled ? { store: 'memory' } : options, scope),
    transport: options.transport ?? createBrowserTransport(url),
    owner: createPageOwner(navigator?.locks, newId),
    newId,
    later(ms, callback) {
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    },
    log: (level, ...what) => console[level]('trackable', ...what),
  }
}

function createStore(
  { store = 'indexeddb', consent = 'granted' }: Pick<TrackerOptions, 'store' | 'consent'>,
  scope: string,
): Store | undefined {
  if (store !== 'indexeddb') return store === 'memory' ? undefined : store
  const database = createIndexedDbStore(scope)
  // At once, because opening takes longer than a visitor who leaves in the page's first task.
  if (consent === 'granted') database.delete('').catch(() => {})
  try {
    if (localStorage) return withSpill(database, localStorage, `${scope} `)
  } catch {
    // A page whose storage is forbidden may not even name it; elsewhere there is none.
  }
  return database
}

function listen({ leave, resume }: Core, signal: AbortSignal): void {
  const on = (type: string, listener: () => void) =>
    // Captured, because what happens to the document does not bubble up in every browser.
    globalThis.addEventListener?.(type, listener, { signal, capture: true })
  // A hidden page may go on: it gives its batches up only when it is left or frozen.
  on('visibilitychange', () => (document.hidden ? leave(false) : resume()))
  on('pagehide', () => leave(true))
  on('freeze', () => leave(true))
  on('resume', resume)
  on('online', resume)
}
