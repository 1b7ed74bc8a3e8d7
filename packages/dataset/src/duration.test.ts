import { expect, it } from 'vitest'
import { durationMs } from './duration.ts'

it.each([
  ['1s', 1000],
  ['15m', 900_000],
  ['72h', 259_200_000],
  ['90d', 7_776_000_000],
  ['2w', 1_209_600_000],
  ['0s', 0],
])('%s is %i milliseconds', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})

it.each(['', '1', 's', '1 s', '-1s', '1.5h', '1y', '1S', '1h30m', '1234567890s'])(
  '"%s" is no duration',
  (text) => {
    expect(durationMs(text)).toBeUndefined()
  },
)
