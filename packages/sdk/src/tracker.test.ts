import { uuidVersion } from '@trackable/protocol'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startTracker } from './host.fixture.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-24T10:00:00.000Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms)

describe('batches', () => {
  test('an event is sent one second after it was tracked', async () => {
    const { tracker, sent, transport } = startTracker()
    tracker.increment('article', '42', 'impressions')
    await tick(999)
    expect(sent()).toEqual([])
    await tick(1)
    const at = '2026-11-24T10:00:00.000Z'
    expect(sent()).toEqual([[{ dataset: 'article', parent: '42', at, fields: { impressions: 1 } }]])
    expect(uuidVersion(transport.attempts[0]?.id)).toBe(7)
  })

  test('a batch is sealed at its number of events, and the next one is another', async () => {
    const { tracker, sent, transport } = startTracker({ batchEvents: 3 })
    for (let i = 0; i < 7; i++) tracker.increment('article', i, 'impressions')
    await tick(1000)
    expect(sent().map((events) => events.length)).toEqual([3, 3, 1])
    expect(new Set(transport.attempts.map(({ id }) => id)).size).toBe(3)
  })

  test('a batch is sealed at 48 KiB of UTF-8', async () => {
    const { tracker, transport } = startTracker()
    for (let i = 0; i < 100; i++) tracker.record('article', i, { note: 'ä€😀'.repeat(150) })
    await tick(1000)
    const sizes = transport.attempts.map(({ events }) => Buffer.byteLength(events))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(48 * 1024)
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(46 * 1024)
  })

  test('one request is under way at a time', async () => {
    const { tracker, transport } = startTracker({ batchEvents: 1 })
    let answer = () => {}
    transport.answer(
      () => new Promise((resolve) => (answer = () => resolve({ kind: 'retry', reason: 'slow' }))),
    )
    for (let i = 0; i < 5; i++) tracker.increment('article', i, 'impressions')
    await tick(5000)
    expect(transport.attempts).toHaveLength(1)
    answer()
    await tick(60_000)
    expect(transport.attempts).toHaveLength(6)
  })

  test('an event that comes while a batch is being sent goes into another batch', async () => {
    const { tracker, transport, sent } = startTracker()
    transport.answer(async () => {
      tracker.increment('article', '42', 'impressions')
      return { kind: 'retry', reason: 'later' }
    })
    tracker.increment('article', '42', 'impressions')
    await tick(60_000)
    const [first, again, other] = transport.attempts
    expect([again?.id, again?.events]).toEqual([first?.id, first?.events])
    expect(other?.id).not.toBe(first?.id)
    expect(sent()).toHaveLength(3)
  })
})

describe('merging', () => {
  test('steps of one field of one parent in one minute become one event', async () => {
    const { tracker, sent } = startTracker()
    for (let i = 0; i < 5; i++) tracker.increment('article', '42', 'impressions', 2)
    tracker.increment('article', '43', 'impressions')
    tracker.increment('article', '42', 'clickThroughs')
    await tick(1000)
    expect(sent()[0]?.map(({ fields }) => fields)).toEqual([
      { impressions: 10 },
      { impressions: 1 },
      { clickThroughs: 1 },
    ])
  })

  test('parents that read like a part of an event are kept apart', async () => {
    const { tracker, sent } = startTracker()
    const parents = [
      ':00.000Z","fields":1',
      ':11.111Z","fields":1',
      'a:1}}',
      'a:2}}',
      'a',
      '1'.repeat(40_000),
    ]
    for (const parent of [...parents, ...parents]) tracker.increment('article', parent, 'impressions')
    await tick(1000)
    const events = sent().flat()
    expect(events.map(({ parent, fields }) => [parent, fields.impressions])).toEqual(
      parents.map((parent) => [parent, 2]),
    )
  })

  test('a merged event is never larger than 100', async () => {
    const { tracker, sent } = startTracker()
    for (let i = 0; i < 250; i++) tracker.increment('article', '42', 'impressions')
    tracker.increment('article', '43', 'impressions', 5000)
    await tick(1000)
    expect(sent()[0]?.map(({ fields }) => fields.impressions)).toEqual([100, 100, 50, 5000])
  })

  test('steps up and steps down are not set off against each other', async () => {
    const { tracker, sent } = startTracker()
    for (const by of [3, 2]) {
      tracker.increment('article', '42', 'likes', by)
      tracker.decrement('article', '42', 'likes', by)
    }
    await tick(1000)
    expect(sent()[0]?.map(({ fields }) => fields.likes)).toEqual([5, -5])
  })

  test('fractions, other minutes, records, and everything without coalesce are not merged', async () => {
    const { tracker, sent } = startTracker({ flushEvery: 120_000 })
    tracker.increment('article', '42', 'revenue', 0.1)
    tracker.increment('article', '42', 'revenue', 0.2)
    tracker.record('article', '42', { impressions: 1 })
    tracker.increment('article', '42', 'impressions')
    await tick(20_000)
    tracker.increment('article', '42', 'impressions')
    vi.setSystemTime(new Date('2026-11-24T10:01:00.000Z'))
    tracker.increment('article', '42', 'impressions')
    await tracker.flush()
    expect(
      sent()
        .flat()
        .map(({ fields }) => fields),
    ).toEqual([
      { revenue: 0.1 },
      { revenue: 0.2 },
      { impressions: 1 },
      { impressions: 2 },
      { impressions: 1 },
    ])
    const plain = startTracker({ coalesce: false })
    plain.tracker.increment('article', '42', 'impressions')
    plain.tracker.increment('article', '42', 'impressions')
    await tick(1000)
    expect(plain.sent()[0]).toHaveLength(2)
  })
})

describe('bounds', () => {
  test('past maxQueueBytes the oldest batch is dropped and told', async () => {
    const { tracker, transport, drops, store } = startTracker({ maxQueueBytes: 10_000, batchEvents: 10 })
    transport.answer(...Array(100).fill({ kind: 'retry', reason: 'offline' }))
    tracker.increment('article', 'parent-0', 'impressions')
    await tick(1000)
    for (let i = 1; i < 200; i++) tracker.increment('article', `parent-${i}`, 'impressions')
    await tick()
    const stored = (await store.list()).map(({ events }) => events).join()
    expect(stored.length).toBeLessThan(10_000)
    expect(stored).toContain('parent-199')
    expect(stored).not.toContain('parent-0"')
    const waiting = (await tracker.flush()).pending
    expect(drops.reduce((sum, { events }) => sum + events, 0)).toBe(200 - waiting)
    expect(drops[0]?.reason).toBe('queue_full')
  })

  test('a batch whose answer is awaited is not dropped', async () => {
    const { tracker, transport, drops } = startTracker({ maxQueueBytes: 3_000, batchEvents: 10 })
    transport.answer(() => new Promise(() => {}))
    for (let i = 0; i < 10; i++) tracker.increment('article', i, 'impressions')
    await tick(1000)
    for (let i = 0; i < 100; i++) tracker.increment('article', i, 'impressions')
    await tick(1000)
    expect(drops.length).toBeGreaterThan(0)
    expect(drops.map(({ batch }) => batch)).not.toContain(transport.attempts[0]?.id)
  })
})

describe('flush and close', () => {
  test('flush sends at once and counts what was sent and what waits', async () => {
    const { tracker, transport } = startTracker({ batchEvents: 2 })
    for (let i = 0; i < 4; i++) tracker.increment('article', i, 'impressions')
    transport.answer(
      (attempt) => ({ kind: 'settled', answer: { id: attempt.id, accepted: 2, dropped: [], rejected: [] } }),
      { kind: 'retry', reason: 'down' },
    )
    expect(await tracker.flush()).toEqual({ sent: 2, pending: 2 })
    expect(await tracker.flush()).toEqual({ sent: 2, pending: 0 })
    expect(await tracker.flush()).toEqual({ sent: 0, pending: 0 })
  })

  test('close sends what waits, and what is tracked after it is refused', async () => {
    const { tracker, errors, sent } = startTracker()
    tracker.increment('article', '42', 'impressions')
    expect(await tracker.close()).toEqual({ sent: 1, pending: 0 })
    tracker.increment('article', '42', 'impressions')
    await tick(5000)
    expect(errors.map(({ code }) => code)).toEqual(['closed'])
    expect(sent()).toHaveLength(1)
    expect(await tracker.close()).toEqual({ sent: 1, pending: 0 })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('nothing is started before the first event', async () => {
    const list = vi.fn(async () => [])
    startTracker({}, { store: { list, put: async () => {}, delete: async () => {} } })
    await tick(120_000)
    expect(list).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })
})
