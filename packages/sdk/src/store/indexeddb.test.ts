import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createIndexedDbStore } from './indexeddb.ts'
import { batchOf, describeStore } from './store.contract.ts'

const NAME = 'trackable /v1/batches'

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
})
afterEach(() => {
  vi.restoreAllMocks()
})

function deleteDatabase(): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(NAME)
    request.onsuccess = () => resolve('deleted')
    request.onerror = () => reject(request.error)
    request.onblocked = () => resolve('blocked')
  })
}

describe('the store in IndexedDB', () => {
  describeStore(() => createIndexedDbStore(NAME))

  test('what was put is there for the next page', async () => {
    await createIndexedDbStore(NAME).put(batchOf('a'))
    expect(await createIndexedDbStore(NAME).list()).toEqual([batchOf('a')])
  })

  test('another tab that deletes the database is not blocked, and writing goes on', async () => {
    const store = createIndexedDbStore(NAME)
    await store.put(batchOf('a'))
    expect(await deleteDatabase()).toBe('deleted')
    await store.put(batchOf('b'))
    expect(await store.list()).toEqual([batchOf('b')])
  })

  test('a connection that was closed without a word fails what is under way, and is opened again once', async () => {
    const opened: IDBDatabase[] = []
    const open = indexedDB.open.bind(indexedDB)
    vi.spyOn(indexedDB, 'open').mockImplementation((name) => {
      const request = open(name)
      request.addEventListener('success', () => opened.push(request.result))
      return request
    })
    const store = createIndexedDbStore(NAME)
    await store.put(batchOf('a'))
    opened[0]?.close()
    const writes = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => store.put(batchOf(`b${i}`))))
    expect(new Set(writes.map(({ status }) => status))).toEqual(new Set(['rejected']))
    await Promise.all(Array.from({ length: 50 }, (_, i) => store.put(batchOf(`b${i}`))))
    expect(await store.list()).toHaveLength(51)
    expect(opened).toHaveLength(2)
  })

  test.each([
    ['is missing', () => vi.stubGlobal('indexedDB', undefined)],
    [
      'throws',
      () =>
        vi.spyOn(indexedDB, 'open').mockImplementation(() => {
          throw new DOMException('denied', 'SecurityError')
        }),
    ],
    ['never opens', () => vi.spyOn(indexedDB, 'open').mockReturnValue({} as IDBOpenDBRequest)],
  ])('where the database %s, every call fails within seconds', async (_what, breakIt) => {
    breakIt()
    const store = createIndexedDbStore(NAME)
    const calls = await Promise.allSettled([store.put(batchOf('a')), store.list(), store.delete('a')])
    expect(calls.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    vi.unstubAllGlobals()
  })

  test('a database that opens late has what was begun before, and is used from then on', async () => {
    const open = indexedDB.open.bind(indexedDB)
    let request: IDBOpenDBRequest | undefined
    const late = {
      get result() {
        return request?.result
      },
    } as IDBOpenDBRequest
    vi.spyOn(indexedDB, 'open').mockReturnValueOnce(late)
    const store = createIndexedDbStore(NAME)
    await expect(store.put(batchOf('a'))).rejects.toThrow('does not answer')
    request = open(NAME)
    request.onupgradeneeded = (event) => late.onupgradeneeded?.(event)
    request.onsuccess = (event) => late.onsuccess?.(event)
    await vi.waitFor(() => store.put(batchOf('b')))
    expect(await store.list()).toEqual([batchOf('a'), batchOf('b')])
  })
})
