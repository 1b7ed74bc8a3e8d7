import { promisifyRequest } from 'idb-keyval'
import type { Store } from './store.ts'

const TABLE = 'batches'
const OPEN_TIMEOUT = 1_000

/**
 * A store in IndexedDB: one record a batch, so that a write costs the same however much waits. The database is
 * opened at once. A connection that another tab or the browser closes is opened again; one that does not open in
 * a second fails, and works from when it does.
 * @param name the database's name
 */
export function createIndexedDbStore(name: string): Store {
  let opening: Promise<IDBDatabase>
  function open(): void {
    opening = new Promise((resolve, reject) => {
      setTimeout(reject, OPEN_TIMEOUT, new Error('does not open'))
      const request = indexedDB.open(name)
      request.onupgradeneeded = () => request.result.createObjectStore(TABLE)
      promisifyRequest(request).then((database) => {
        const reopen = () => {
          database.close()
          open()
        }
        database.onclose = reopen
        // Without this another tab that deletes or upgrades the database waits for this page to end.
        database.onversionchange = reopen
        resolve(database)
        // Also when the timeout was faster, so that a late database is used.
        opening = Promise.resolve(database)
      }, reject)
    })
    // Who uses it hears of it; nobody may be using it now.
    opening.catch(() => {})
  }
  open()
  // As idb-keyval's own `set`, `values` and `del`, which would bring its default database along.
  function run(work: (table: IDBObjectStore) => IDBRequest): Promise<any> {
    const begin = async () => {
      const database = await opening
      // Relaxed is what survives the death of the browser; strict waits for the disk, for the power to fail, too.
      const transaction = database.transaction(TABLE, 'readwrite', { durability: 'relaxed' })
      const request = work(transaction.objectStore(TABLE))
      await promisifyRequest(transaction)
      return request.result
    }
    const before = opening
    return begin().catch((error) => {
      // The connection was closed, before a transaction or in the middle of one.
      if (!/InvalidState|Abort/.test(error.name)) throw error
      if (opening === before) open()
      return begin()
    })
  }
  return {
    put: (batch) => run((table) => table.put(batch, batch.id)),
    delete: (id) => run((table) => table.delete(id)),
    list: () => run((table) => table.getAll()),
  }
}
