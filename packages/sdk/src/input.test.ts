import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { utf8Bytes } from './event.ts'
import { startTracker } from './host.fixture.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-24T10:00:00.000Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('input', () => {
  test.each([
    ['a dataset that is no text', [5, '42', 'impressions'], 'unknown_dataset', '5', undefined],
    [
      'a parent that is missing',
      ['article', undefined, 'impressions'],
      'invalid_parent',
      'article',
      undefined,
    ],
    ['a parent past 2^53', ['article', 2 ** 60, 'impressions'], 'invalid_parent', 'article', undefined],
    ['a field that is no text', ['article', '42', {}], 'unknown_field', 'article', undefined],
    [
      'a step that is no number',
      ['article', '42', 'impressions', '5x'],
      'invalid_value',
      'article',
      'impressions',
    ],
    [
      'a step that is infinite',
      ['article', '42', 'impressions', 1 / 0],
      'invalid_value',
      'article',
      'impressions',
    ],
  ])('%s is told with dataset and field and not sent', async (_what, call, code, dataset, field) => {
    const { tracker, errors, sent } = startTracker()
    tracker.increment(...(call as Parameters<typeof tracker.increment>))
    await vi.advanceTimersByTimeAsync(1000)
    expect(errors).toMatchObject([{ code, dataset }])
    expect(errors[0]?.field).toBe(field)
    expect(sent()).toEqual([])
  })

  test.each([
    ['a field of a wrong type', { readSeconds: Number.NaN }, {}, 'invalid_value', 'readSeconds'],
    ['a bigint', { revenue: 5n }, {}, 'invalid_value', 'revenue'],
    [
      'a dimension that is no text',
      { impressions: 1 },
      { dimensions: { country: 49 } },
      'invalid_value',
      'country',
    ],
    ['a date that is none', { impressions: 1 }, { at: new Date('x') }, 'invalid_value', undefined],
    ['no fields', null, {}, 'invalid_value', undefined],
    ['a text of 50 KiB', { note: 'x'.repeat(50 * 1024) }, {}, 'too_large', undefined],
  ])(
    '%s in a record is told with dataset and field and not sent',
    async (_what, fields, extra, code, field) => {
      const { tracker, errors, sent } = startTracker()
      tracker.record('article', '42', fields as never, extra as never)
      await vi.advanceTimersByTimeAsync(1000)
      expect(errors).toMatchObject([{ code, dataset: 'article' }])
      expect(errors[0]?.field).toBe(field)
      expect(errors[0]?.message).toMatch(/^article/)
      expect(sent()).toEqual([])
    },
  )

  test('a record keeps its fields, dimensions and time; a bigint parent keeps its digits', async () => {
    const { tracker, sent } = startTracker()
    const at = new Date('2026-11-20T00:00:00.000Z')
    const fields = { readSeconds: 12.5, readers: ['v1', 'v2'], note: undefined }
    tracker.record('article', 12345678901234567890n, fields, { dimensions: { country: 'DE' }, at })
    await vi.advanceTimersByTimeAsync(1000)
    expect(sent()).toEqual([
      [
        {
          dataset: 'article',
          parent: '12345678901234567890',
          at: at.toISOString(),
          fields: { readSeconds: 12.5, readers: ['v1', 'v2'] },
          dimensions: { country: 'DE' },
        },
      ],
    ])
  })

  test('whatever is passed, nothing is thrown and every batch is JSON', async () => {
    const { tracker, sent } = startTracker()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.anything(), { maxLength: 5 }), async (args) => {
        for (const method of ['increment', 'decrement', 'record'] as const) {
          ;(tracker[method] as (...args: unknown[]) => void)(...args)
        }
        await tracker.flush()
        sent()
      }),
      { numRuns: 300 },
    )
  })

  test('bytes are counted as UTF-8 has them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const json = JSON.stringify(text)
        expect(utf8Bytes(json)).toBe(Buffer.byteLength(json))
      }),
    )
  })
})

describe('what breaks its host', () => {
  const bare = Object.create(null)
  const trap = new Proxy(
    {},
    {
      ownKeys: () => {
        throw bare
      },
    },
  )
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic

  test.each([
    ['a dataset without a text', [bare, '42', 'impressions']],
    ['a symbol', [Symbol('x'), Symbol('y'), Symbol('z'), Symbol('n')]],
    ['fields that throw what has no text', ['article', '42', trap]],
    ['a circle', ['article', '42', cyclic]],
    ['options that are null', ['article', '42', { impressions: 1 }, null]],
  ])('%s is told and not thrown', async (_what, args) => {
    const { tracker, errors } = startTracker()
    for (const method of ['increment', 'decrement', 'record'] as const) {
      ;(tracker[method] as (...args: unknown[]) => void)(...args)
    }
    expect(errors.length).toBeGreaterThan(0)
  })

  test('a console, a store, a lock and callbacks that throw harm nothing', async () => {
    const fail = () => {
      throw new Error('replaced by the page')
    }
    const options = { debug: true, onError: fail, onDrop: fail, maxQueueBytes: 100, batchEvents: 1 }
    const { tracker, transport, leave } = startTracker(options, {
      log: fail,
      store: { put: fail, list: fail, delete: fail, spill: fail },
      owner: { name: 'one', claim: fail, release() {}, orphans: fail },
    })
    for (let i = 0; i < 5; i++) tracker.increment('article', i, 'impressions')
    leave(false)
    await vi.advanceTimersByTimeAsync(1000)
    expect(transport.attempts.length).toBeGreaterThan(0)
    expect((await tracker.close()).pending).toBe(0)
  })

  test('debug explains what was queued, sent, answered and dropped', async () => {
    const said: unknown[][] = []
    const { tracker, transport } = startTracker(
      { debug: true, consent: 'granted' },
      { log: (_level, ...what) => said.push(what) },
    )
    transport.answer({ kind: 'retry', reason: 'status 503 unavailable' })
    tracker.increment('article', '42', 'impressions')
    await vi.advanceTimersByTimeAsync(1000)
    tracker.setConsent('denied')
    tracker.increment('article', '42', 'impressions')
    expect(said.map(([what]) => what)).toEqual(['queued', 'send', 'answer', 'dropped', 'private'])
    expect(JSON.stringify(said)).toContain('status 503 unavailable')
    expect(said[3]?.[1]).toMatchObject({ reason: 'denied', events: 1 })
  })
})
