import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createVisitors, type Visitors } from './visitors.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const NOON = Date.parse('2026-03-28T12:00:00Z')
const anna = { address: '192.0.2.1', userAgent: 'Firefox' }

let open: Visitors[] = []
afterEach(() => {
  for (const visitors of open) visitors.stop()
  open = []
  vi.useRealTimers()
})

function setUp(path = join(mkdtempSync(join(tmpdir(), 'trackable-visitors-')), 'salt.json'), at = NOON) {
  vi.useFakeTimers({ now: at })
  const visitors = createVisitors(path, Date.now)
  open.push(visitors)
  return { path, visitors }
}

describe('a visitor', () => {
  test('is the same all day, and another one the next', () => {
    const { visitors } = setUp()
    const today = visitors.elementOf(anna, NOON)
    expect(today).toMatch(/^[0-9a-f]{16}$/)
    expect(visitors.elementOf(anna, NOON + 11 * HOUR)).toBe(today)
    expect(visitors.elementOf(anna, NOON + DAY)).not.toBe(today)
  })

  test('is told apart by address and by user agent', () => {
    const { visitors } = setUp()
    const others = [
      anna,
      { ...anna, address: '192.0.2.2' },
      { ...anna, userAgent: 'Safari' },
      { ...anna, userAgent: undefined },
    ]
    expect(new Set(others.map((one) => visitors.elementOf(one, NOON))).size).toBe(4)
    expect(visitors.elementOf({ address: undefined, userAgent: undefined }, NOON)).toBeUndefined()
  })

  test('is the same after a restart within the day, under a salt that nobody else may read', () => {
    const { path, visitors } = setUp()
    const before = visitors.elementOf(anna, NOON)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(setUp(path, NOON + HOUR).visitors.elementOf(anna, NOON + HOUR)).toBe(before)
  })

  test('cannot be computed again once the day is over: its salt is gone within an hour, also where nobody comes', () => {
    const { path, visitors } = setUp()
    visitors.elementOf(anna, NOON)
    const { salt } = JSON.parse(readFileSync(path, 'utf8'))
    vi.advanceTimersByTime(13 * HOUR)
    expect(() => readFileSync(path)).toThrow(/ENOENT/)
    visitors.elementOf(anna, NOON + DAY)
    expect(readFileSync(path, 'utf8')).not.toContain(salt)
  })

  test('of a day that was over before the start is forgotten at the start', () => {
    const { path, visitors } = setUp()
    visitors.elementOf(anna, NOON)
    setUp(path, NOON + 2 * DAY)
    expect(() => readFileSync(path)).toThrow(/ENOENT/)
  })

  test('counts anew where the salt is no salt', () => {
    const { path } = setUp()
    writeFileSync(path, '{"day":"2026-03-28","salt":"short"}')
    expect(setUp(path).visitors.elementOf(anna, NOON)).toMatch(/^[0-9a-f]{16}$/)
  })
})
