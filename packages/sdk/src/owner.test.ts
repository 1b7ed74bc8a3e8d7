import { uuidv7 } from '@trackable/protocol'
import { describe, expect, test } from 'vitest'
import { createPageOwner } from './owner.ts'
import { batchOf } from './store/store.contract.ts'

// Node has no Web Locks; these keep to their rules as far as an owner asks.
function createLocks(): LockManager {
  const held = new Set<string>()
  const request = async (name: string, work: () => Promise<unknown>) => {
    held.add(name)
    await work()
    held.delete(name)
  }
  const query = async () => ({ held: [...held].map((name) => ({ name })), pending: [] })
  return { request, query } as unknown as LockManager
}

function names(prefix: string): () => string {
  let n = 0
  return () => `${prefix}-${++n}`
}

/** A batch of an owner that was opened so many milliseconds ago. */
function batchBefore(ms: number, owner: string) {
  return batchOf(uuidv7(Date.now() - ms, new Uint8Array(10)), '[]', owner)
}

describe('the owner of a page’s batches', () => {
  test('batches of a page that lives are not free, those of one that is gone are, after five seconds', async () => {
    const locks = createLocks()
    const [one, two] = [createPageOwner(locks, names('one')), createPageOwner(locks, names('two'))]
    one.claim()
    const [young, old] = [batchBefore(4_000, 'one-1'), batchBefore(3_600_000, 'one-1')]
    expect(await two.orphans([young, old])).toEqual([])
    one.release()
    await Promise.resolve()
    expect(await two.orphans([young, old])).toEqual([old])
  })

  test('a page that comes back has another name, which is claimed anew', async () => {
    const locks = createLocks()
    const owner = createPageOwner(locks, names('owner'))
    owner.claim()
    owner.claim()
    expect(owner.name).toBe('owner-1')
    owner.release()
    owner.claim()
    await Promise.resolve()
    expect(owner.name).toBe('owner-2')
    expect((await locks.query()).held?.map(({ name }) => name)).toEqual(['owner-2'])
  })

  test('a page does not adopt what is its own', async () => {
    for (const locks of [createLocks(), undefined]) {
      const owner = createPageOwner(locks, names('owner'))
      expect(await owner.orphans([batchBefore(3_600_000, 'owner-1')])).toEqual([])
    }
  })

  test('without locks a batch is free when it is a minute old', async () => {
    const owner = createPageOwner(undefined, names('owner'))
    const [young, old] = [batchBefore(59_000, 'other'), batchBefore(61_000, 'other')]
    expect(await owner.orphans([young, old])).toEqual([old])
  })

  test('a lock that is refused is no error', async () => {
    const request = () => Promise.reject(new DOMException('denied', 'SecurityError'))
    createPageOwner({ request } as unknown as LockManager, names('owner')).claim()
    await new Promise((resolve) => setTimeout(resolve))
  })
})
