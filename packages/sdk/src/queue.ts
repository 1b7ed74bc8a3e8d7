import { uuidTime } from '@trackable/protocol'
import { addEvent, type Batch, createBatch, eventsOf } from './batch.ts'
import type { EncodedEvent } from './event.ts'
import type { Host } from './host.ts'
import type { Consent, Drop, TrackerOptions } from './options.ts'
import type { Report } from './report.ts'
import type { StoredBatch } from './store/store.ts'

// Milliseconds. Without locks another page adopts what is a minute old, and that must not grow any more.
const OPEN_FOR = 30_000

/** What waits: one open batch at most, and the sealed ones. */
export interface Queue {
  /** Adds an event to the open batch, and answers true where that opened a new one. */
  add(event: EncodedEvent): boolean
  /** Seals the open batch: its id and events never change again. */
  seal(): void
  /** The sealed batches that may be sent, oldest first: none without consent. */
  sealed(): Batch[]
  /** How many events wait, sealed or not. */
  waiting(): number
  /** Takes out a batch that is settled, of the store too; with a reason, it is given up and told. */
  remove(batch: Batch, reason?: Drop['reason']): void
  /** Takes over what owners that are gone have left in the store, and writes again what could not be written. */
  adopt(): Promise<void>
  /** Writes at once what the store has not committed. */
  spill(): void
  /** What may be done with what waits. `denied` deletes it, here and in the store. */
  setConsent(state: Consent): void
}

/** Creates an empty queue. */
export function createQueue(host: Host, options: TrackerOptions, report: Report): Queue {
  const { store, owner } = host
  const batches = new Map<string, Batch>()
  let granted = true
  let failed: boolean | undefined
  let open: Batch | undefined
  const all = () => [...batches.values()]
  const sum = (of: (batch: Batch) => number) => all().reduce((total, batch) => total + of(batch), 0)
  const sealed = () =>
    all()
      .filter((batch) => batch !== open)
      .sort((a, b) => (a.id > b.id ? 1 : -1))
  // Without consent nothing is to be stored.
  const unsaved = () => all().filter(({ saved, revision }) => granted && saved !== revision)
  const stored = (batch: Batch): StoredBatch => ({
    id: batch.id,
    owner: owner.name,
    count: batch.total,
    events: eventsOf(batch),
  })

  function write(batch: Batch): void {
    batch.written ??= put(batch)
  }
  async function put(batch: Batch): Promise<void> {
    let tried: number | undefined
    // One write a task, with all that the task adds, begun before it ends.
    await undefined
    // One at a time, and the next begins as this one ends: a store that is asked at each task of a busy page falls
    // seconds behind. A batch that was settled before its first write is not written any more.
    while (granted && batch.revision !== tried && batches.has(batch.id)) {
      tried = batch.revision
      try {
        owner.claim()
        await store?.put(stored(batch))
        batch.saved = tried
        if (failed) unsaved().forEach(write)
        failed = false
      } catch (error) {
        if (!failed) report.fail('store', `${error}`)
        failed = true
      }
    }
    batch.written = undefined
    // A write that was tried again may come after the deletion.
    if (!batches.has(batch.id)) forget(batch.id)
  }
  async function forget(id: string): Promise<void> {
    try {
      await store?.delete(id)
    } catch {
      // It is sent again by who finds it, and counts nothing: its id has counted.
    }
  }
  /** Keeps a batch that is new or has grown, and drops others for it. */
  function keep(batch: Batch): void {
    batches.set(batch.id, batch)
    write(batch)
    while (sum(({ bytes }) => bytes) > (options.maxQueueBytes ?? 8_388_608)) {
      const oldest = sealed().find(({ sending }) => !sending)
      if (!oldest) return
      remove(oldest, 'queue_full')
    }
  }
  function remove(batch: Batch, reason?: Drop['reason']): void {
    batches.delete(batch.id)
    forget(batch.id)
    if (reason) report.giveUp({ reason, batch: batch.id, events: batch.total })
  }
  async function clear(): Promise<void> {
    for (const batch of all()) remove(batch, 'denied')
    try {
      for (const { id } of (await store?.list()) ?? []) await store?.delete(id)
    } catch (error) {
      report.fail('store', `${error}`)
    }
  }
  return {
    sealed: () => (granted ? sealed() : []),
    remove,
    async adopt() {
      if (!granted) return
      unsaved().forEach(write)
      try {
        for (const found of await owner.orphans((await store?.list()) ?? [])) {
          if (granted && !batches.has(found.id)) {
            keep(createBatch(found.id, found.events.slice(1, -1), found.count))
          }
        }
      } catch {
        // What is wrong with the store is told by the next write.
      }
    },
    spill() {
      try {
        store?.spill?.(unsaved().map(stored))
      } catch {
        // Full or forbidden: the write that has begun may still arrive, and so may the beacon.
      }
    },
    waiting: () => sum(({ total }) => total),
    seal() {
      open = undefined
    },
    setConsent(state) {
      granted = state === 'granted'
      open = undefined
      unsaved().forEach(write)
      if (state === 'denied') clear()
    },
    add(event) {
      if (open && Date.now() - uuidTime(open.id) > OPEN_FOR) open = undefined
      const before = open
      if (!open || !addEvent(open, event, options.batchEvents)) {
        open = createBatch(host.newId())
        addEvent(open, event)
      }
      keep(open)
      return open !== before
    },
  }
}
