import { uuidv7, type WireEvent } from '@trackable/protocol'
import { type Core, createCore } from './core.ts'
import type { TrackerError } from './error.ts'
import type { Host } from './host.ts'
import type { Drop, TrackerOptions } from './options.ts'
import { createLoneOwner } from './owner.ts'
import { createMemoryStore } from './store/memory.ts'
import type { Store } from './store/store.ts'
import { createMemoryTransport, type MemoryTransport } from './transport/memory.ts'

/** A tracker on a host in memory, with everything that it told. */
export interface TestTracker extends Core {
  transport: MemoryTransport
  store: Store
  errors: TrackerError[]
  drops: Drop[]
  /** The events of every attempt that was no beacon, in order. */
  sent(): WireEvent[][]
}

/** Starts one. Parts of the host that a test shares with another tracker are given. */
export function startTracker(options: Partial<TrackerOptions> = {}, parts: Partial<Host> = {}): TestTracker {
  const errors: TrackerError[] = []
  const drops: Drop[] = []
  const transport = createMemoryTransport()
  const store = parts.store ?? createMemoryStore()
  const host: Host = {
    store,
    transport,
    owner: createLoneOwner('one'),
    newId: () => uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
    later(ms, callback) {
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    },
    log() {},
    ...parts,
  }
  const told = {
    onError: (error: TrackerError) => errors.push(error),
    onDrop: (drop: Drop) => drops.push(drop),
  }
  const core = createCore(
    { endpoint: '', key: 'pk_1', ...told, ...options } as TrackerOptions,
    host,
    () => {},
  )
  const sent = () =>
    transport.attempts
      .filter(({ leaving }) => !leaving)
      .map(({ events }) => JSON.parse(events) as WireEvent[])
  return { ...core, transport, store, errors, drops, sent }
}
