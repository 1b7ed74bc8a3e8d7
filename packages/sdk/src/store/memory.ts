import type { Store, StoredBatch } from './store.ts'

/** A store that lives as long as the process: for servers, for tests, and where a device keeps nothing. */
export function createMemoryStore(): Store {
  const batches = new Map<string, StoredBatch>()
  return {
    async put(batch) {
      batches.set(batch.id, batch)
    },
    list: async () => [...batches.values()],
    async delete(id) {
      batches.delete(id)
    },
  }
}
