import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTracker, type ServerTracker } from '../node.ts'
import { createTestTransport, type TestTransport } from './test-transport.ts'

let transport: TestTransport
let tracker: ServerTracker<undefined>
beforeEach(() => {
  transport = createTestTransport()
  tracker = createTracker<undefined>({ endpoint: 'http://test', key: 'pk_test', transport })
})
afterEach(() => tracker.close())

test('a test sees what was tracked, with its dimensions', async () => {
  const at = new Date('2026-11-24T10:00:00Z')
  tracker.record('article', 42, { views: 1, readers: ['v1'] }, { dimensions: { country: 'DE' }, at })
  await tracker.flush()
  expect(transport.events()).toEqual([
    {
      dataset: 'article',
      parent: '42',
      at,
      fields: { views: 1, readers: ['v1'] },
      dimensions: { country: 'DE' },
    },
  ])
})

test('a total is a sum over one parent, merged or not, and 0 where there is nothing', async () => {
  for (let i = 0; i < 150; i++) tracker.increment('article', 42, 'views')
  tracker.record('article', 42, { views: 2 })
  tracker.increment('article', 43, 'views')
  await tracker.flush()
  expect(transport.total('article', 42, 'views')).toBe(152)
  expect(transport.total('article', 44, 'views')).toBe(0)
})

test('what was tried more than once counts once, as at a collector', async () => {
  transport.answer({ kind: 'retry', reason: 'down' }, { kind: 'retry', reason: 'down' })
  tracker.increment('article', 42, 'views')
  await tracker.flush()
  expect((await tracker.flush()).pending).toBe(1)
  await tracker.flush()
  expect(transport.attempts).toHaveLength(3)
  expect(transport.total('article', 42, 'views')).toBe(1)
})

test('what was sent can be forgotten between two parts of a test', async () => {
  tracker.increment('article', 42, 'views')
  await tracker.flush()
  transport.clear()
  expect(transport.events()).toEqual([])
})
