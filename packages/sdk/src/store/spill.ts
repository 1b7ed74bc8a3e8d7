import type { Store, StoredBatch } from './store.ts'

/**
 * Gives a store a place for what it cannot commit any more as the page goes: localStorage, which writes at once.
 * What another page spilled is listed like everything else.
 * @param prefix of the keys
 */
export function withSpill(store: Store, storage: Storage, prefix: string): Store {
  const keyOf = ({ id }: { id: string }) => prefix + id
  function read(key: string): StoredBatch | undefined {
    try {
      return JSON.parse(storage.getItem(key) as string)
    } catch {
      return undefined
    }
  }
  return {
    async put(batch) {
      await store.put(batch)
      // A write that began before the spill may bring less than what was spilled.
      if (read(keyOf(batch))?.events === batch.events) storage.removeItem(keyOf(batch))
    },
    async list() {
      // Without the database there is still what was spilled; the next write tells what is wrong.
      const found = new Map((await store.list().catch(() => [])).map((batch) => [keyOf(batch), batch]))
      for (const key of Object.keys(storage)) {
        const spilled = key.startsWith(prefix) && read(key)
        if (spilled) found.set(key, spilled)
      }
      return [...found.values()]
    },
    async delete(id) {
      storage.removeItem(keyOf({ id }))
      await store.delete(id)
    },
    spill(batches) {
      // A full storage throws: the beacon, or the write that has begun, may still bring the rest.
      for (const batch of batches) storage.setItem(keyOf(batch), JSON.stringify(batch))
    },
  }
}
