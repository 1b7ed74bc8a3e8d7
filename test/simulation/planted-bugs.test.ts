import { expect, test } from 'vitest'
import type { Planted } from './planted.ts'
import { simulate } from './simulate.ts'

const MOST_SEEDS = 1000

/** The first seed in which something is wrong, and what. */
async function find(planted: Planted): Promise<{ seed: number; violations: string[] }> {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const violations = await simulate(seed, { planted })
    if (violations.length > 0) return { seed, violations }
  }
  return { seed: MOST_SEEDS + 1, violations: [] }
}

test.each<[Planted, RegExp]>([
  ['no offset check', /^view.*: is .*, should be|the log got \d+ and accepted/m],
  ['answer before the sync', /was answered 202 and is in no log/],
  ['repeats known from a cache', /^view.*: is .*, should be/m],
])('a collector with the planted bug "%s" is found out', async (planted, sign) => {
  const { seed, violations } = await find(planted)
  console.log(`"${planted}" was found in seed ${seed}: ${violations[0]}`)
  expect(seed).toBeLessThanOrEqual(MOST_SEEDS)
  expect(violations.join('\n')).toMatch(sign)
})

test('a seed repeats everything that happens', async () => {
  const traceOf = async (seed: number) => {
    const lines: string[] = []
    await simulate(seed, { trace: (line) => lines.push(line) })
    // A log has another identity each time it is made.
    return lines.map((line) => line.replaceAll(/[0-9a-f-]{36}(?=:\d)/g, 'log'))
  }
  const [first, second] = [await traceOf(7), await traceOf(7)]
  expect(first.length).toBeGreaterThan(50)
  expect(second).toEqual(first)
})
