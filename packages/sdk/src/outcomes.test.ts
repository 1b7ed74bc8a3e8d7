import type { ErrorAnswer } from '@trackable/protocol'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startTracker } from './host.fixture.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-24T10:00:00.000Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms)
const RETRY = { kind: 'retry', reason: 'status 503' } as const
const error = (code: ErrorAnswer['code']): ErrorAnswer => ({ code, message: `it is ${code}` })

describe('retry', () => {
  test('id and events stay the same over every attempt, while the time is new', async () => {
    const { tracker, transport } = startTracker()
    transport.answer(RETRY, RETRY, RETRY)
    tracker.increment('article', '42', 'impressions')
    await tick(1000)
    for (let i = 0; i < 5; i++) {
      tracker.increment('article', '42', 'impressions')
      await tick(60_000)
    }
    const first = transport.attempts.slice(0, 4)
    expect(new Set(first.map(({ id, events }) => id + events)).size).toBe(1)
    expect(new Set(first.map(({ sentAt }) => sentAt)).size).toBe(4)
  })

  test('waits grow to at most a minute, by chance below', async () => {
    const { tracker, transport } = startTracker()
    vi.spyOn(Math, 'random').mockReturnValue(0.999)
    transport.answer(...Array(12).fill(RETRY))
    tracker.increment('article', '42', 'impressions')
    await tick(1000)
    const waits = []
    for (let i = 1; i < 12; i++) {
      const before = transport.attempts.length
      let waited = 0
      for (; transport.attempts.length === before; waited += 500) await tick(500)
      waits.push(waited / 1000)
    }
    vi.mocked(Math.random).mockRestore()
    expect(waits).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60])
  })

  test('Retry-After is obeyed, by flush too', async () => {
    const { tracker, transport } = startTracker()
    transport.answer({ ...RETRY, after: 30_000 })
    tracker.increment('article', '42', 'impressions')
    await tick(1000)
    await tick(29_999)
    expect(await tracker.flush()).toEqual({ sent: 0, pending: 1 })
    expect(transport.attempts).toHaveLength(1)
    await tick(1)
    expect(transport.attempts).toHaveLength(2)
  })

  test('flush and the return of the network do not wait for a back-off', async () => {
    const { tracker, transport, resume } = startTracker()
    vi.spyOn(Math, 'random').mockReturnValue(1)
    transport.answer(RETRY, RETRY, RETRY)
    tracker.increment('article', '42', 'impressions')
    await tracker.flush()
    await tracker.flush()
    resume()
    await tick()
    vi.mocked(Math.random).mockRestore()
    expect(transport.attempts).toHaveLength(3)
  })

  test('while it waits the open batch goes on growing', async () => {
    const { tracker, transport } = startTracker()
    vi.spyOn(Math, 'random').mockReturnValue(1)
    transport.answer(RETRY, RETRY, RETRY)
    for (let i = 0; i < 12; i++) {
      tracker.increment('article', i, 'impressions')
      await tick(1000)
    }
    await tracker.flush()
    vi.mocked(Math.random).mockRestore()
    expect(new Set(transport.attempts.map(({ id }) => id)).size).toBeLessThanOrEqual(4)
  })
})

describe('held', () => {
  test('an unknown key keeps the queue, tells onError, and is tried again', async () => {
    const { tracker, transport, errors } = startTracker()
    transport.answer({ kind: 'held', error: error('unknown_key') })
    vi.spyOn(Math, 'random').mockReturnValue(0.999)
    tracker.increment('article', '42', 'impressions')
    await tick(1000)
    expect(errors.map(({ code, message }) => [code, message])).toEqual([['unknown_key', 'it is unknown_key']])
    expect(transport.attempts).toHaveLength(1)
    await tick(2_000)
    vi.mocked(Math.random).mockRestore()
    expect(transport.attempts).toHaveLength(2)
  })

  test('a key function is asked at each attempt, and soon again', async () => {
    const keys = ['pk_old', 'pk_new']
    const { tracker, transport } = startTracker({ key: async () => keys.shift() ?? '', grant: () => 'g' })
    transport.answer({ kind: 'held', error: error('unknown_key') })
    tracker.increment('article', '42', 'impressions')
    await tick(4000)
    expect(transport.attempts.map(({ key, grant }) => [key, grant])).toEqual([
      ['pk_old', 'g'],
      ['pk_new', 'g'],
    ])
  })

  test('a key function that throws keeps the queue and is told', async () => {
    let broken = true
    const key = () => {
      if (broken) throw new Error('no session')
      return 'pk_1'
    }
    const { tracker, transport, errors } = startTracker({ key })
    tracker.increment('article', '42', 'impressions')
    await tick(1000)
    expect(errors[0]?.code).toBe('credentials')
    expect(errors[0]?.message).toContain('no session')
    broken = false
    await tick(60_000)
    expect(transport.attempts).toHaveLength(1)
  })
})

describe('settled', () => {
  test('a refusal for good deletes the batch and tells why', async () => {
    const { tracker, transport, errors, store } = startTracker()
    transport.answer({ kind: 'settled', error: error('expired') })
    tracker.increment('article', '42', 'impressions')
    await tick(120_000)
    expect(errors.map(({ code }) => code)).toEqual(['expired'])
    expect(transport.attempts).toHaveLength(1)
    expect(await store.list()).toEqual([])
  })

  test('a rejected event comes back with its dataset, its field and the collector’s words', async () => {
    const { tracker, transport, errors } = startTracker()
    const message = 'no field "clicks"; did you mean "clickThroughs"?'
    transport.answer(({ id }) => ({
      kind: 'settled',
      answer: { id, accepted: 1, dropped: [], rejected: [{ index: 1, code: 'unknown_field', message }] },
    }))
    tracker.increment('article', '42', 'impressions')
    tracker.increment('article', '42', 'clicks')
    await tick(1000)
    expect(errors.map(({ code, dataset, field, message }) => ({ code, dataset, field, message }))).toEqual([
      { code: 'unknown_field', dataset: 'article', field: 'clicks', message },
    ])
  })

  test('what a callback of the page throws harms nothing', async () => {
    const { tracker, transport } = startTracker({
      onError() {
        throw new Error('bug of the page')
      },
    })
    transport.answer({ kind: 'settled', error: error('malformed') })
    tracker.increment('article', '42', 'impressions')
    await tick(1000)
    tracker.increment('article', '42', 'impressions', Number.NaN)
    tracker.increment('article', '43', 'impressions')
    await tick(1000)
    expect(transport.attempts).toHaveLength(2)
  })
})
