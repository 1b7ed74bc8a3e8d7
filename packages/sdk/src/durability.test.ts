import { uuidTime } from '@trackable/protocol'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startTracker } from './host.fixture.ts'
import type { Ownership } from './owner.ts'
import { createMemoryStore } from './store/memory.ts'
import type { Store, StoredBatch } from './store/store.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-24T10:00:00.000Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms)

function countingStore(): Store & { puts: StoredBatch[] } {
  const puts: StoredBatch[] = []
  const inner = createMemoryStore()
  return {
    ...inner,
    puts,
    put(batch) {
      puts.push(batch)
      return inner.put(batch)
    },
  }
}

function orphanage(name: string): Ownership {
  const orphans = async (batches: StoredBatch[]) =>
    batches.filter(({ id, owner }) => owner !== name && uuidTime(id) < Date.now() - 5000)
  return { name, claim() {}, release() {}, orphans }
}

describe('writing ahead', () => {
  test('the open batch is in the store at the end of the task, written once for all its events', async () => {
    const store = countingStore()
    const { tracker } = startTracker({}, { store })
    for (let i = 0; i < 50; i++) tracker.increment('article', i, 'impressions')
    expect(store.puts).toHaveLength(0)
    await Promise.resolve()
    expect(store.puts.map(({ count, owner }) => [count, owner])).toEqual([[50, 'one']])
    tracker.increment('article', 50, 'impressions')
    await Promise.resolve()
    expect(store.puts.map(({ count }) => count)).toEqual([50, 51])
    expect(store.puts[1]?.id).toBe(store.puts[0]?.id)
  })

  test('what was stored last is what was sent', async () => {
    const store = countingStore()
    const { tracker, transport } = startTracker({ batchEvents: 7 }, { store })
    for (let i = 0; i < 30; i++) {
      tracker.increment('article', i, 'impressions')
      if (i % 4 === 0) await tick(100)
    }
    await tick(5000)
    const stored = new Map(store.puts.map(({ id, events }) => [id, events]))
    expect(transport.attempts.map(({ id, events }) => [id, events])).toEqual([...stored])
  })

  test('a settled batch is deleted', async () => {
    const { tracker, store } = startTracker()
    tracker.increment('article', '42', 'impressions')
    await tick()
    expect(await store.list()).toHaveLength(1)
    await tick(1000)
    expect(await store.list()).toEqual([])
  })

  test('a store that fails is told once; the queue goes on in memory, and is stored when it works again', async () => {
    const inner = createMemoryStore()
    let broken = true
    const store: Store = {
      ...inner,
      put: (batch) => (broken ? Promise.reject(new Error('full')) : inner.put(batch)),
    }
    const { tracker, errors, transport } = startTracker({ batchEvents: 2 }, { store })
    transport.answer(...Array(9).fill({ kind: 'retry', reason: 'down' }))
    for (let i = 0; i < 6; i++) {
      tracker.increment('article', i, 'impressions')
      await tick()
    }
    expect(errors.map(({ code }) => code)).toEqual(['store'])
    broken = false
    tracker.increment('article', 6, 'impressions')
    await tick()
    expect((await inner.list()).reduce((sum, { count }) => sum + count, 0)).toBe(7)
  })
})

describe('adopting', () => {
  test('what a page left is sent by the next one under its old id, once', async () => {
    const store = createMemoryStore()
    const first = startTracker({}, { store, owner: orphanage('first') })
    first.tracker.increment('article', '42', 'impressions')
    await Promise.resolve()
    const [left] = await store.list()
    vi.setSystemTime(uuidTime(left?.id as string) + 10_000)
    const second = startTracker({}, { store, owner: orphanage('second') })
    second.tracker.increment('article', '43', 'impressions')
    await tick(30_000)
    expect(second.transport.attempts.map(({ id }) => id).filter((id) => id === left?.id)).toHaveLength(1)
    expect(second.transport.attempts.find(({ id }) => id === left?.id)?.events).toBe(left?.events)
  })

  test('what is too young is adopted at the second look, and stored under the new owner', async () => {
    const store = countingStore()
    const first = startTracker({}, { store, owner: { ...orphanage('first'), orphans: async () => [] } })
    first.transport.answer(...Array(99).fill({ kind: 'retry', reason: 'down' }))
    first.tracker.increment('article', '42', 'impressions')
    await tick(10)
    const second = startTracker({}, { store, owner: orphanage('second') })
    second.transport.answer(...Array(99).fill({ kind: 'retry', reason: 'down' }))
    second.tracker.increment('article', '43', 'impressions')
    await tick(4000)
    expect((await store.list()).map(({ owner }) => owner).sort()).toEqual(['first', 'second'])
    await tick(2000)
    expect((await store.list()).map(({ owner }) => owner)).toEqual(['second', 'second'])
  })
})

describe('leaving a page', () => {
  test('what waits is sealed and sent by beacon, up to 64 KiB, and stays stored', async () => {
    const { tracker, transport, leave, store } = startTracker()
    transport.answer(() => new Promise(() => {}))
    for (let i = 0; i < 100; i++) tracker.record('article', i, { note: 'x'.repeat(1000) })
    leave(false)
    await tick()
    const beacons = transport.attempts.filter(({ leaving }) => leaving)
    expect(beacons.length).toBeGreaterThan(0)
    expect(beacons.reduce((sum, { events }) => sum + events.length, 0)).toBeLessThan(65_536)
    expect(await store.list()).toHaveLength(3)
    leave(true)
    await tick()
    expect(transport.attempts.filter(({ leaving, id }) => leaving && id === beacons[0]?.id)).toHaveLength(1)
  })

  test('a page that goes on sends again what it sent by beacon, and never adds to it', async () => {
    const { tracker, transport, leave, resume } = startTracker()
    tracker.increment('article', '42', 'impressions')
    leave(false)
    tracker.increment('article', '42', 'impressions')
    await tick(2000)
    resume()
    await tick()
    const [beacon, again, other] = transport.attempts
    expect([beacon?.leaving, again?.leaving, again?.id]).toEqual([true, false, beacon?.id])
    expect(again?.events).toBe(beacon?.events)
    expect(other?.id).not.toBe(beacon?.id)
    expect(transport.attempts).toHaveLength(3)
  })

  test('what the store has not committed is spilled as it is sealed', async () => {
    const spilled: StoredBatch[] = []
    const store: Store = {
      put: () => new Promise(() => {}),
      list: async () => [],
      delete: async () => {},
      spill: (batches) => spilled.push(...batches),
    }
    const { tracker, leave, transport } = startTracker({}, { store })
    tracker.increment('article', '42', 'impressions')
    leave(true)
    await tick()
    expect(spilled).toMatchObject([{ count: 1, owner: 'one', events: transport.attempts[0]?.events }])
  })

  test('no beacon is sent while Retry-After is obeyed', async () => {
    const { tracker, transport, leave } = startTracker()
    transport.answer({ kind: 'retry', reason: 'status 429', after: 60_000 })
    tracker.increment('article', '42', 'impressions')
    await tick(1000)
    leave(true)
    await tick()
    expect(transport.attempts).toHaveLength(1)
  })
})

describe('a page that dies', () => {
  test('has sent nothing under an id but what the next page finds, however slow the store is', async () => {
    const inner = createMemoryStore()
    const put: Store['put'] = async (batch) => {
      await new Promise((resolve) => setTimeout(resolve, 1500))
      await inner.put(batch)
    }
    const { tracker, transport } = startTracker({}, { store: { ...inner, put } })
    const found: (string | undefined)[] = []
    transport.answer(async ({ id }) => {
      found.push((await inner.list()).find((batch) => batch.id === id)?.events)
      return { kind: 'retry', reason: 'lost' }
    })
    tracker.increment('article', '42', 'impressions')
    await tick(900)
    tracker.increment('article', '43', 'impressions')
    await tick(1000)
    expect(transport.attempts).toHaveLength(0)
    // The second write began as the first one ended.
    await tick(1100)
    expect(transport.attempts).toHaveLength(1)
    expect(found).toEqual([transport.attempts[0]?.events])
  })

  test('has had one write under way, and in the next one everything that was tracked meanwhile', async () => {
    const counts: number[] = []
    const inner = createMemoryStore()
    const put: Store['put'] = async (batch) => {
      counts.push(batch.count)
      await new Promise((resolve) => setTimeout(resolve, 100))
      await inner.put(batch)
    }
    const { tracker } = startTracker({}, { store: { ...inner, put } })
    for (let task = 0; task < 50; task++) {
      tracker.increment('article', `${task}`, 'impressions')
      await tick(1)
    }
    await tick(200)
    expect(counts).toEqual([1, 50])
    expect(await inner.list()).toMatchObject([{ count: 50 }])
  })

  test('has written what was tracked while a write failed', async () => {
    const inner = createMemoryStore()
    let puts = 0
    const put: Store['put'] = async (batch) => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      if (puts++ === 0) throw new Error('closing')
      await inner.put(batch)
    }
    const { tracker } = startTracker({}, { store: { ...inner, put } })
    tracker.increment('article', '42', 'impressions')
    await tick(50)
    tracker.increment('article', '43', 'impressions')
    await tick(150)
    expect(await inner.list()).toMatchObject([{ count: 2 }])
  })

  test('sends what it tracked after it was left and then hidden, without another visit', async () => {
    const { tracker, transport, leave } = startTracker()
    leave(true)
    leave(false)
    tracker.increment('article', '42', 'impressions')
    await tick()
    expect(transport.attempts[0]?.leaving).toBe(true)
  })

  test('leaves what it tracked after it was told to go', async () => {
    const { tracker, transport, leave, resume, store } = startTracker()
    transport.answer(...Array(9).fill({ kind: 'retry', reason: 'down' }))
    leave(true)
    tracker.increment('article', '42', 'impressions')
    await tick()
    expect(transport.attempts[0]?.leaving).toBe(true)
    expect(await store.list()).toHaveLength(1)
    resume()
    tracker.increment('article', '43', 'impressions')
    await tick()
    expect(transport.attempts.filter(({ leaving }) => leaving)).toHaveLength(1)
  })
})
