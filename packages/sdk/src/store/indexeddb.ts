import { promisifyRequest } from 'idb-keyval'
import type { Store } from './store.ts'

const TABLE = 'batches'
// Milliseconds. Long, because a page that is busy loading answers late; what waits for it is sent this much later.
const TIMEOUT = 5_000

/** A store in IndexedDB, and what opens its database before there is anything to store. */
export interface IndexedDbStore extends Store {
  open(): void
}

/**
 * A store in IndexedDB: one record a batch, so that a write costs the same however much waits. The database is
 * opened by `open` or the first call. A connection that another tab or the browser closes is opened again; what is
 * not done in five seconds has failed, and a database that opens later works from then on.
 * @param name the database's name
 */
export function createIndexedDbStore(name: string): IndexedDbStore {
  let opened: Promise<IDBDatabase> | undefined
  async function connect(): Promise<IDBDatabase> {
    const request = indexedDB.open(name)
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE)
    const database = await promisifyRequest(request)
    // Without this another tab that deletes or upgrades the database waits for this page to end.
    database.onclose = database.onversionchange = () => {
      database.close()
      opened = undefined
    }
    return database
  }
  function open(): Promise<IDBDatabase> {
    opened ??= connect()
    // Who uses it hears of it; nobody may be using it now.
    opened.catch(() => {
      opened = undefined
    })
    return opened
  }
  // As idb-keyval's own `set`, `values` and `del`, which would bring its default database along.
  async function begin(work: (table: IDBObjectStore) => IDBRequest): Promise<any> {
    const database = await open()
    // Relaxed is what survives the death of the browser; strict waits for the disk, for the power to fail, too.
    const transaction = database.transaction(TABLE, 'readwrite', { durability: 'relaxed' })
    const request = work(transaction.objectStore(TABLE))
    await promisifyRequest(transaction)
    return request.result
  }
  function run(work: (table: IDBObjectStore) => IDBRequest): Promise<any> {
    return new Promise((resolve, reject) => {
      setTimeout(reject, TIMEOUT, new Error('does not answer'))
      const used = open()
      begin(work)
        .catch(() => {
          // Most likely the connection was closed, before a transaction or in the middle of one.
          if (opened === used) opened = undefined
          return begin(work)
        })
        .then(resolve, reject)
    })
  }
  return {
    open,
    put: (batch) => run((table) => table.put(batch, batch.id)),
    delete: (id) => run((table) => table.delete(id)),
    list: () => run((table) => table.getAll()),
    erase: async () => promisifyRequest(indexedDB.deleteDatabase(name)),
  }
}
