import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createRateLimit } from './rate.ts'

test('a sender may send as many events a second as it says, and is told when to come back', () => {
  const limit = createRateLimit(10)
  for (let i = 0; i < 10; i++) expect(limit.take('key', '1.1.1.1', 1, 0)).toBeUndefined()
  expect(limit.take('key', '1.1.1.1', 1, 0)).toBe(1)
  expect(limit.take('key', '1.1.1.1', 1, 100)).toBeUndefined()
  expect(limit.take('key', '1.1.1.1', 1, 100)).toBe(1)
})

test('over an hour no pattern of sending brings more than the rate, and one batch', () => {
  const limit = createRateLimit(10)
  let taken = 0
  for (let now = 0; now < 3_600_000; now += 49) {
    const events = 1 + ((now * 7919) % 200)
    if (limit.take('key', '1.1.1.1', events, now) === undefined) taken += events
  }
  expect(taken).toBeLessThanOrEqual(10 * 3601 + 200)
  expect(taken).toBeGreaterThan(10 * 3500)
})

test('a batch larger than the rate is taken whole and waited for', () => {
  const limit = createRateLimit(1)
  expect(limit.take('key', '1.1.1.1', 200, 0)).toBeUndefined()
  const wait = limit.take('key', '1.1.1.1', 1, 0) as number
  expect(wait).toBe(200)
  expect(limit.take('key', '1.1.1.1', 1, wait * 1000)).toBeUndefined()
})

test('keys and addresses have limits of their own; a /64 has one together', () => {
  const limit = createRateLimit(1)
  expect(limit.take('a', '1.1.1.1', 1, 0)).toBeUndefined()
  expect(limit.take('b', '1.1.1.1', 1, 0)).toBeUndefined()
  expect(limit.take('a', '1.1.1.2', 1, 0)).toBeUndefined()
  expect(limit.take('a', '2001:db8::1', 1, 0)).toBeUndefined()
  expect(limit.take('a', '2001:db8::ffff', 1, 0)).toBe(1)
  expect(limit.take('a', '2001:db8:0:1::1', 1, 0)).toBeUndefined()
})

test('100,000 events from 100 addresses come to no more than the limit', () => {
  const limit = createRateLimit(10)
  let taken = 0
  for (let i = 0; i < 100_000; i++)
    if (limit.take('key', `10.0.0.${i % 100}`, 1, i / 10) === undefined) taken++
  expect(taken).toBeLessThanOrEqual(100 * (10 + 100))
  expect(taken).toBeGreaterThanOrEqual(100 * 100)
})

test('a million addresses take no more room than fifty thousand', () => {
  const limit = createRateLimit(1)
  const fill = (from: number, to: number) => {
    for (let i = from; i < to; i++) limit.take('key', `${i >> 16}.${(i >> 8) & 255}.${i & 255}.1`, 1, i)
  }
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  fill(0, 50_000)
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  fill(50_000, 1_000_000)
  collectGarbage()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20 * 1024 * 1024)
}, 60_000)
