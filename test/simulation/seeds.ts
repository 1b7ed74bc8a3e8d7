import { expect, test } from 'vitest'
import { simulate } from './simulate.ts'

const HOUR = 3_600_000
const SHOWN = 5

/**
 * Simulates every seed of a part of them, in a test file of its own so that the parts run side by side. `SEEDS` says
 * how many seeds there are in all, `SEED` simulates one and says what happens in it.
 */
export function simulateSeeds(part: number, parts: number): void {
  const { SEED, SEEDS = '2000' } = process.env
  if (SEED) {
    test.runIf(part === 0)(`everything that was acknowledged is counted once: seed ${SEED}`, async () => {
      expect(await simulate(Number(SEED), { trace: console.log })).toEqual([])
    })
    return
  }
  const last = Number(SEEDS)
  test(
    `everything that was acknowledged is counted once, whatever fails: part ${part + 1} of ${last} seeds`,
    async () => {
      for (let seed = 1 + part; seed <= last; seed += parts) {
        const violations = (await simulate(seed)).slice(0, SHOWN)
        expect(violations, `seed ${seed}; SEED=${seed} says what happens in it`).toEqual([])
      }
    },
    HOUR,
  )
}
