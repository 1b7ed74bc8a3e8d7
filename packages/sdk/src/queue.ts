import { addEvent, type Batch, createBatch, eventsOf } from './batch.ts'
import type { EncodedEvent } from './event.ts'
import type { Host } from './host.ts'
import type { TrackerOptions } from './options.ts'
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
  /** The sealed batches, oldest first. */
  sealed(): Batch[]
  /** How many events wait, sealed or not. */
  pending(): number
  /** Takes out a batch that is settled, of the store too. */
  remove(batch: Batch): void
  /** Takes over what owners that are gone have left in the store. */
  adopt(): Promise<void>
  /** Writes at once what the store has not committed. */
  spill(): void
}

/** Creates an empty queue. */
export function createQueue(host: Host, options: TrackerOptions, report: Report): Queue {
  const { batchEvents = 200, maxQueueBytes = 8_388_608 } = options
  const { store, owner } = host
  const batches = new Map<string, Batch>()
  let bytes = 0
  let failed = false
  let open: Batch | undefined
  const all = () => [...batches.values()]
  const sealed = () =>
    all()
      .filter((batch) => batch !== open)
      .sort((a, b) => a.at - b.at)
  const unsaved = () => all().filter(({ saved, revision }) => saved !== revision)
  const stored = (batch: Batch): StoredBatch => {
    const { id, count } = batch
    return { id, owner: owner.name, count, events: eventsOf(batch) }
  }

  async function write(batch: Batch): Promise<void> {
    const { revision } = batch
    // One write a task, with all that the task adds, begun before it ends.
    await undefined
    // A batch that was settled before its first write is not written any more.
    if (batch.revision !== revision || !batches.has(batch.id)) return
    try {
      await store.put(stored(batch))
      batch.saved = revision
      if (failed) unsaved().forEach(write)
      failed = false
    } catch (error) {
      if (!failed) report.error('store', `kept in memory only: ${error}`)
      failed = true
    }
  }
  /** Keeps a batch that is new, or that had so many bytes before it grew. */
  function keep(batch: Batch, before = 0): void {
    owner.claim()
    batches.set(batch.id, batch)
    bytes += batch.bytes - before
    write(batch)
    while (bytes > maxQueueBytes) {
      const oldest = sealed().find(({ sending }) => !sending)
      if (!oldest) return
      remove(oldest)
      report.drop({ reason: 'queue_full', batch: oldest.id, events: oldest.count })
    }
  }
  function remove(batch: Batch): void {
    batches.delete(batch.id)
    bytes -= batch.bytes
    // Where this fails it is sent again by who finds it, and counts nothing: its id has counted.
    store.delete(batch.id).catch(() => {})
  }
  return {
    sealed,
    remove,
    async adopt() {
      try {
        for (const found of await owner.orphans(await store.list())) {
          if (!batches.has(found.id)) keep(createBatch(found.id, [found.events.slice(1, -1)], found.count))
        }
      } catch {
        // What is wrong with the store is told by the next write.
      }
    },
    spill() {
      try {
        store.spill?.(unsaved().map(stored))
      } catch {
        // Full or forbidden: the write that has begun may still arrive, and so may the beacon.
      }
    },
    pending: () => all().reduce((sum, { count }) => sum + count, 0),
    seal() {
      open = undefined
    },
    add(event) {
      if (open && Date.now() - open.at > OPEN_FOR) open = undefined
      const before = open?.bytes
      if (open && addEvent(open, event, batchEvents)) {
        keep(open, before)
        return false
      }
      open = createBatch(host.newId())
      addEvent(open, event, batchEvents)
      keep(open)
      return true
    },
  }
}
