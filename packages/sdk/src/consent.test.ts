import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startTracker } from './host.fixture.ts'
import { createMemoryStore } from './store/memory.ts'
import { batchOf } from './store/store.contract.ts'
import type { Store } from './store/store.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-24T10:00:00.000Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms)

function watchedStore(): { store: Store; calls: string[] } {
  const inner = createMemoryStore()
  const calls: string[] = []
  const watch =
    <Args extends unknown[], Result>(name: string, call: (...args: Args) => Result) =>
    (...args: Args) => {
      calls.push(name)
      return call(...args)
    }
  const [put, list, remove] = [inner.put, inner.list, inner.delete]
  const spill = () => {}
  return {
    calls,
    store: {
      put: watch('put', put),
      list: watch('list', list),
      delete: watch('delete', remove),
      spill: watch('spill', spill),
    },
  }
}

describe('consent', () => {
  test('while it is pending nothing is sent, and the store is neither read nor written', async () => {
    const { store, calls } = watchedStore()
    const { tracker, transport, leave, resume } = startTracker({ consent: 'pending' }, { store })
    tracker.increment('article', '42', 'impressions')
    await tick(60_000)
    leave(false)
    resume()
    expect(await tracker.flush()).toEqual({ sent: 0, pending: 1 })
    expect(transport.attempts).toEqual([])
    expect(calls.filter((call) => call !== 'spill')).toEqual([])
  })

  test('what waited for consent is stored and sent when it is granted', async () => {
    const { tracker, transport, sent, store } = startTracker({ consent: 'pending' })
    transport.answer({ kind: 'retry', reason: 'down' })
    tracker.increment('article', '42', 'impressions')
    await tick(90_000)
    tracker.increment('article', '43', 'impressions')
    tracker.setConsent('granted')
    await tick()
    expect(await store.list()).toHaveLength(2)
    await tick(60_000)
    expect(
      sent()
        .slice(1)
        .flat()
        .map(({ parent }) => parent),
    ).toEqual(['42', '43'])
    expect(await store.list()).toEqual([])
  })

  test('when it becomes pending what is stored stays there, and nothing more is sent or stored', async () => {
    const { tracker, transport, store } = startTracker()
    tracker.increment('article', '42', 'impressions')
    await tick()
    tracker.setConsent('pending')
    tracker.increment('article', '43', 'impressions')
    await tick(60_000)
    expect(transport.attempts).toEqual([])
    expect((await store.list()).map(({ events }) => JSON.parse(events).length)).toEqual([1])
    tracker.setConsent('granted')
    await tick(1000)
    expect(transport.attempts).toHaveLength(2)
  })

  test('when it is denied the queue is deleted, also what other pages left, and nothing is recorded', async () => {
    const { tracker, transport, store, drops } = startTracker()
    await store.put(batchOf('left', '[]', 'other'))
    transport.answer({ kind: 'retry', reason: 'down' })
    tracker.increment('article', '42', 'impressions')
    await tick(1000)
    tracker.increment('article', '43', 'impressions')
    tracker.setConsent('denied')
    tracker.increment('article', '44', 'impressions')
    await tick(120_000)
    expect(transport.attempts).toHaveLength(1)
    expect(await store.list()).toEqual([])
    expect(drops.map(({ reason, events }) => [reason, events])).toEqual([
      ['denied', 1],
      ['denied', 1],
    ])
    expect(await tracker.flush()).toEqual({ sent: 0, pending: 0 })
  })

  test('a page that begins with a denial deletes what an earlier one left', async () => {
    const store = createMemoryStore()
    await store.put(batchOf('left'))
    const { tracker } = startTracker({ consent: 'denied' }, { store })
    await tick()
    expect(await store.list()).toEqual([])
    tracker.setConsent('granted')
    tracker.increment('article', '42', 'impressions')
    expect(await tracker.flush()).toEqual({ sent: 1, pending: 0 })
  })

  test('a batch that waits for its key is not sent when consent is withdrawn meanwhile', async () => {
    let give = (_key: string) => {}
    const key = () => new Promise<string>((resolve) => (give = resolve))
    const { tracker, transport } = startTracker({ key })
    tracker.increment('article', '42', 'impressions')
    await tick(1000)
    tracker.setConsent('denied')
    give('pk_1')
    await tick(120_000)
    expect(transport.attempts).toEqual([])
  })

  test('a write that is late is deleted after a denial', async () => {
    const inner = createMemoryStore()
    let write = () => {}
    const put: Store['put'] = (batch) => new Promise((resolve) => (write = () => resolve(inner.put(batch))))
    const { tracker } = startTracker({}, { store: { ...inner, put } })
    tracker.increment('article', '42', 'impressions')
    await tick()
    tracker.setConsent('denied')
    await tick()
    write()
    await tick()
    expect(await inner.list()).toEqual([])
  })

  test('a store that cannot be emptied is told', async () => {
    const list = () => Promise.reject(new Error('blocked'))
    const { errors } = startTracker({ consent: 'denied' }, { store: { ...createMemoryStore(), list } })
    await tick()
    expect(errors).toMatchObject([{ code: 'store', message: expect.stringContaining('blocked') }])
  })
})

describe('privacy signals', () => {
  test('no array is sent, and what has nothing else is not recorded', async () => {
    const { tracker, sent, errors } = startTracker({}, { signalled: true })
    tracker.record('article', '42', { readSeconds: 12.5, readers: ['v1'], answers: { list: [1], n: 1 } })
    tracker.record('article', '42', { readers: ['v1'] })
    tracker.increment('article', '42', 'impressions')
    await tick(1000)
    expect(sent()[0]?.map(({ fields }) => fields)).toEqual([
      { readSeconds: 12.5, answers: { n: 1 } },
      { impressions: 1 },
    ])
    expect(errors).toEqual([])
  })
})
