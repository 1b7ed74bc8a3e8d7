import type { Store } from './store.ts'

const TABLE = 'batches'
// Milliseconds. Long, because a page that is busy loading answers late; what waits for it is sent this much later.
const TIMEOUT = 5_000

/**
 * A store in IndexedDB: one record a batch, so that a write costs the same however much waits. The database is
 * opened by the first call. What is under way when another tab or the browser closes it fails, and the next call opens
 * it again; what is not done in five seconds has failed, and a database that opens later works from then on.
 * @param name the database's name
 */
export function createIndexedDbStore(name: string): Store {
  let opened: Promise<IDBDatabase> | undefined
  function connect(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name)
      request.onupgradeneeded = () => request.result.createObjectStore(TABLE)
      request.onerror = () => reject(request.error)
      request.onsuccess = () => {
        const database = request.result
        // Without this another tab that deletes or upgrades the database waits for this page to end.
        database.onclose = database.onversionchange = () => {
          database.close()
          opened = undefined
        }
        resolve(database)
      }
    })
  }
  function run(work: (table: IDBObjectStore) => IDBRequest): Promise<any> {
    return new Promise((resolve, reject) => {
      setTimeout(reject, TIMEOUT, new Error('does not answer'))
      opened ??= connect()
      opened
        .then((database) => {
          // Relaxed is what survives the death of the browser; strict waits for the disk, for the power to fail, too.
          const transaction = database.transaction(TABLE, 'readwrite', { durability: 'relaxed' })
          const request = work(transaction.objectStore(TABLE))
          transaction.oncomplete = () => resolve(request.result)
          transaction.onabort = () => reject(transaction.error)
          // Else it is committed only once the page, which may be busy, has had the request's answer.
          transaction.commit()
        })
        .catch((error) => {
          // It did not open, or was closed without a word.
          opened = undefined
          reject(error)
        })
    })
  }
  return {
    put: (batch) => run((table) => table.put(batch, batch.id)),
    delete: (id) => run((table) => table.delete(id)),
    list: () => run((table) => table.getAll()),
  }
}
