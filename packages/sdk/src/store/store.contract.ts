import { beforeEach, expect, test } from 'vitest'
import type { Store, StoredBatch } from './store.ts'

/** A batch as tests store it. */
export function batchOf(id: string, events = '[]', owner = 'one'): StoredBatch {
  return { id, owner, count: 1, events }
}

/** What every store keeps to. */
export function describeStore(create: () => Store | Promise<Store>): void {
  let store: Store
  beforeEach(async () => {
    store = await create()
  })
  const ids = async () => (await store.list()).map(({ id }) => id).sort()

  test('what was put is listed as it was, of any owner', async () => {
    const batches = [batchOf('a', '["ä😀"]'), batchOf('b', '[]', 'two')]
    for (const batch of batches) await store.put(batch)
    expect((await store.list()).sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(batches)
  })

  test('a batch that is put again replaces the one before, also when nobody waited', async () => {
    await Promise.all([1, 2, 3].map((n) => store.put(batchOf('a', `[${n}]`))))
    expect(await store.list()).toEqual([batchOf('a', '[3]')])
  })

  test('a batch is deleted by its id, and an unknown id is no error', async () => {
    await store.put(batchOf('a'))
    await store.put(batchOf('b'))
    await store.delete('a')
    await store.delete('a')
    await store.delete('c')
    expect(await ids()).toEqual(['b'])
  })

  test('a deletion right after a put wins', async () => {
    const put = store.put(batchOf('a'))
    const deleted = store.delete('a')
    await Promise.all([put, deleted])
    expect(await ids()).toEqual([])
  })

  test('a thousand batches are kept', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => String(i).padStart(4, '0'))
    await Promise.all(names.map((id) => store.put(batchOf(id))))
    expect(await ids()).toEqual(names)
  })
}
