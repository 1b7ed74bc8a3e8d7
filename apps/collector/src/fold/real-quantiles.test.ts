import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { distribution } from '@trackable/dataset'
import { aggregateOf, type Distribution, stateTextOf } from '@trackable/dataset/fold'
import { describe, expect, it } from 'vitest'

const field = distribution()
const { add, empty, merge, result } = aggregateOf(field)
const text = stateTextOf(field)!
const DATA = fileURLToPath(new URL('../../../../../shared/data/access-logs/', import.meta.url))
const LOGS = ['semicomplete-2015-combined.log.gz', 'basjes-2015-combined.log.gz']
const QUANTILES = [0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1]

/** The bytes that a server answered with, request by request: as skewed as times are, which no log there has. */
function answeredBytes(log: string): number[] {
  const lines = gunzipSync(readFileSync(DATA + log))
    .toString('latin1')
    .split('\n')
  return lines.flatMap((line) => {
    const bytes = /" \d{3} (\d+)(?: |$)/.exec(line)?.[1]
    return bytes ? [Number(bytes)] : []
  })
}

describe.skipIf(!existsSync(DATA))(
  'what real servers answered (skipped where ../shared/data is absent)',
  () => {
    it.each(LOGS)(
      '%s: has every quantile within a hundredth of the exact one, also in parts that are merged',
      (log) => {
        const values = answeredBytes(log)
        expect(values.length).toBeGreaterThan(100)
        const parts = [0, 1, 2].map((part) =>
          values.filter((_, i) => i % 3 === part).reduce((state, value) => add(state, value, 0), empty()),
        )
        const whole = text.read(text.write(parts.reduce(merge)))
        const { count, sum, min, max, quantile } = result(whole) as Distribution
        const sorted = values.toSorted((a, b) => a - b)
        expect({ count, sum, min, max }).toEqual({
          count: values.length,
          sum: String(values.reduce((total, value) => total + value)),
          min: sorted[0],
          max: sorted.at(-1),
        })
        for (const q of QUANTILES) {
          const exact = sorted[Math.floor(q * (sorted.length - 1))]!
          expect(Math.abs(quantile(q)! - exact), `${q}: ${quantile(q)} for ${exact}`).toBeLessThanOrEqual(
            exact * 0.010000001,
          )
        }
      },
    )
  },
)
