import { parseJson } from '@trackable/protocol'
import type { Store, StoredBatch } from './store.ts'

/**
 * Gives a store a place for what it cannot commit any more as the page goes: localStorage, which writes at once.
 * What another page spilled is listed like everything else.
 * @param prefix of the keys
 */
export function withSpill(store: Store, storage: Storage, prefix: string): Store {
  return {
    ...store,
    async list() {
      const spilled = Object.entries(storage).flatMap(
        ([key, text]): StoredBatch[] => (key.startsWith(prefix) && parseJson(text)) || [],
      )
      // Without the database there is still what was spilled; the next write tells what is wrong.
      const listed = await store.list().catch(() => [])
      // First, because it is complete: the database may have a part of it.
      return [...spilled, ...listed]
    },
    async delete(id) {
      storage.removeItem(prefix + id)
      await store.delete(id)
    },
    spill(batches) {
      for (const batch of batches) storage.setItem(prefix + batch.id, JSON.stringify(batch))
    },
  }
}
