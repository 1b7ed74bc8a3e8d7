import { expect, test } from 'vitest'
import { createDrops } from './drops.ts'

const START = Date.parse('2026-11-25T10:00:30Z')
const MINUTE = 60_000

function setUp(most?: number) {
  const clock = { now: START }
  return { clock, drops: createDrops(() => clock.now, most) }
}

test('what is turned away is told apart by minute, dataset and code', () => {
  const { clock, drops } = setUp()
  drops.add('article', 'bot')
  drops.add('article', 'bot')
  drops.add('', 'unknown_dataset')
  clock.now += MINUTE
  drops.add('article', 'bot')
  expect(drops.list()).toEqual([
    { minute: '2026-11-25T10:01:00.000Z', dataset: 'article', code: 'bot', events: 1 },
    { minute: '2026-11-25T10:00:00.000Z', dataset: 'article', code: 'bot', events: 2 },
    { minute: '2026-11-25T10:00:00.000Z', dataset: '', code: 'unknown_dataset', events: 1 },
  ])
})

test('a minute is kept for a day', () => {
  const { clock, drops } = setUp()
  drops.add('article', 'bot')
  clock.now += 23 * 60 * MINUTE
  expect(drops.list()).toHaveLength(1)
  clock.now += 60 * MINUTE
  expect(drops.list()).toEqual([])
})

test('the oldest minutes go where there are too many lines', () => {
  const { clock, drops } = setUp(10)
  for (let i = 0; i < 100; i++) {
    drops.add('article', 'bot')
    drops.add('article', 'not_public')
    clock.now += MINUTE
  }
  expect(drops.list()).toHaveLength(10)
  expect(drops.list()[0]?.minute).toBe('2026-11-25T11:39:00.000Z')
})

test('a clock that goes back harms nothing', () => {
  const { clock, drops } = setUp(2)
  for (const step of [0, -5, 3, -100]) {
    clock.now = START + step * MINUTE
    drops.add('article', 'bot')
  }
  expect(drops.list().length).toBeLessThanOrEqual(2)
})
