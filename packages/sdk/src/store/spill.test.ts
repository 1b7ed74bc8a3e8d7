import { describe, expect, test } from 'vitest'
import { createMemoryStore } from './memory.ts'
import { withSpill } from './spill.ts'
import { createStorage } from './storage.fixture.ts'
import { batchOf, describeStore } from './store.contract.ts'
import type { Store } from './store.ts'

const PREFIX = 'trackable '

describe('a store with a place to spill', () => {
  describeStore(() => withSpill(createMemoryStore(), createStorage(), PREFIX))

  test('what was spilled is found by the next page', async () => {
    const storage = createStorage()
    withSpill(createMemoryStore(), storage, PREFIX).spill?.([batchOf('a', '[1]')])
    expect(await withSpill(createMemoryStore(), storage, PREFIX).list()).toEqual([batchOf('a', '[1]')])
    expect(await withSpill(createMemoryStore(), storage, 'other ').list()).toEqual([])
  })

  test('the spilled batch wins over an older write of it', async () => {
    const [inner, storage] = [createMemoryStore(), createStorage()]
    await inner.put(batchOf('a', '[1]'))
    const store = withSpill(inner, storage, PREFIX)
    store.spill?.([batchOf('a', '[1,2]')])
    await store.put(batchOf('a', '[1]'))
    expect((await store.list())[0]).toEqual(batchOf('a', '[1,2]'))
  })

  test('a deletion deletes both', async () => {
    const [inner, storage] = [createMemoryStore(), createStorage()]
    const store = withSpill(inner, storage, PREFIX)
    await store.put(batchOf('a'))
    store.spill?.([batchOf('a')])
    await store.delete('a')
    expect([await inner.list(), Object.keys(storage)]).toEqual([[], []])
  })

  test('what others wrote under the prefix and a database that fails do no harm', async () => {
    const storage = createStorage()
    storage.setItem(`${PREFIX}x`, '{broken')
    const failing: Store = { ...createMemoryStore(), list: () => Promise.reject(new Error('closed')) }
    const store = withSpill(failing, storage, PREFIX)
    store.spill?.([batchOf('a')])
    expect(await store.list()).toEqual([batchOf('a')])
  })
})
