import { uuidTime, uuidv7 } from '@trackable/protocol'
import { addEvent, type Batch, createBatch } from './batch.ts'
import type { EncodedEvent } from './event.ts'
import type { Host } from './host.ts'
import type { TrackerOptions } from './options.ts'
import type { Report } from './report.ts'
import { createWriteAhead } from './write-ahead.ts'

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
  remove(batch: Batch): Promise<void>
  /** Takes over what owners that are gone have left in the store. */
  adopt(): Promise<void>
  /** Writes at once what the store has not committed. */
  spill(): void
}

/** Creates an empty queue. */
export function createQueue(host: Host, options: TrackerOptions, report: Report): Queue {
  const { batchEvents = 200, maxQueueBytes = 8 * 1024 * 1024 } = options
  const batches = new Map<string, Batch>()
  const { write, spill } = createWriteAhead(host, batches, report)
  let open: Batch | undefined
  const total = (of: 'bytes' | 'count') => [...batches.values()].reduce((sum, batch) => sum + batch[of], 0)
  const sealed = () =>
    [...batches.values()].filter((batch) => batch !== open).sort((a, b) => (a.id < b.id ? -1 : 1))

  function insert(batch: Batch): void {
    host.owner.claim()
    batches.set(batch.id, batch)
    write(batch)
    for (const oldest of total('bytes') > maxQueueBytes ? sealed() : []) {
      if (oldest.sending || total('bytes') <= maxQueueBytes) continue
      remove(oldest)
      report.drop({ reason: 'queue_full', batch: oldest.id, events: oldest.count })
    }
  }
  async function remove({ id }: Batch): Promise<void> {
    batches.delete(id)
    try {
      await host.store.delete(id)
    } catch {
      // It is sent again by who finds it, and counts nothing: its id has counted.
    }
  }
  async function adopt(): Promise<void> {
    try {
      await host.owner.adopt(async (abandoned) => {
        for (const { id, owner, count, events } of await host.store.list()) {
          const free = !batches.has(id) && abandoned(owner, Date.now() - uuidTime(id))
          if (free) insert(createBatch(id, count, events))
        }
      })
    } catch (error) {
      report.error('store', `nothing can be adopted: ${error}`)
    }
  }
  return {
    sealed,
    remove,
    adopt,
    spill,
    pending: () => total('count'),
    seal() {
      open = undefined
    },
    add(event) {
      if (open && Date.now() - uuidTime(open.id) > host.owner.openFor) open = undefined
      if (open && addEvent(open, event, batchEvents)) {
        write(open)
        return false
      }
      open = createBatch(uuidv7(Date.now(), host.random()))
      addEvent(open, event, batchEvents)
      insert(open)
      return true
    },
  }
}
