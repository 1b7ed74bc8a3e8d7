import { type Batch, storedBatch } from './batch.ts'
import type { Host } from './host.ts'
import type { Report } from './report.ts'

/** Keeps the store up to date with the queue: one write a task for each batch that it changed. */
export interface WriteAhead {
  /** Has the batch written at the end of this task. */
  write(batch: Batch): void
  /** Hands to the store at once what it has not committed. */
  spill(): void
}

/** Creates the link between the batches of a queue and the host's store. */
export function createWriteAhead(host: Host, batches: Map<string, Batch>, report: Report): WriteAhead {
  const dirty = new Set<Batch>()
  let failed = false
  const unsaved = () => [...batches.values()].filter((batch) => batch.saved !== batch.revision)
  const stored = (batch: Batch) => storedBatch(batch, host.owner.name)

  async function put(batch: Batch): Promise<void> {
    const { revision } = batch
    // A batch that was settled before its first write is not written any more.
    if (!batches.has(batch.id)) return
    try {
      await host.store.put(stored(batch))
      batch.saved = revision
      if (failed) unsaved().forEach(put)
      failed = false
    } catch (error) {
      if (!failed) report.error('store', `the queue goes on in memory: ${error}`)
      failed = true
    }
  }
  return {
    write(batch) {
      if (!dirty.size) {
        Promise.resolve().then(() => {
          dirty.forEach(put)
          dirty.clear()
        })
      }
      dirty.add(batch)
    },
    spill() {
      try {
        host.store.spill?.(unsaved().map(stored))
      } catch (error) {
        report.error('store', `not all could be kept as the page went: ${error}`)
      }
    },
  }
}
