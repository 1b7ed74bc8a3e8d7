import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lastAggregate } from './last.ts'
import { aggregateLaws } from './laws.contract.ts'
import { maxAggregate } from './max.ts'
import { minAggregate } from './min.ts'
import { readNumber } from './number.ts'

const numbers = fc
  .oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -3, max: 3 }),
    fc.constant(-0),
  )
  .map((value) => readNumber(value) as number)

aggregateLaws('min', minAggregate, numbers)
aggregateLaws('max', maxAggregate, numbers)
aggregateLaws('last', lastAggregate, numbers)

describe('a number as it is', () => {
  it('is any finite number, and minus zero is zero', () => {
    expect(Object.is(readNumber(-0), 0)).toBe(true)
    expect(readNumber(5e-324)).toBe(5e-324)
    expect(readNumber(-Number.MAX_VALUE)).toBe(-Number.MAX_VALUE)
  })

  it.each([[Number.NaN], [Infinity], [-Infinity], ['1'], [null], [undefined], [1n], [[1]], [{}], [true]])(
    'refuses %o',
    (value) => {
      expect(readNumber(value)).toBeUndefined()
    },
  )
})

describe('extremes', () => {
  it('are those that Math finds, and nothing where nothing was seen', () => {
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1 }), (values) => {
        const fold = (aggregate: typeof minAggregate) =>
          values.reduce((state, value) => aggregate.add(state, value, 0), aggregate.empty())
        expect(fold(minAggregate)).toBe(Math.min(...values) + 0)
        expect(fold(maxAggregate)).toBe(Math.max(...values) + 0)
      }),
    )
    expect(minAggregate.result(minAggregate.empty())).toBeNull()
    expect(maxAggregate.result(maxAggregate.empty())).toBeNull()
  })
})

describe('the last number', () => {
  it('is that of the newest event, whenever it comes, and the larger of two at one time', () => {
    const { add, empty, result } = lastAggregate
    const state = add(add(add(empty(), 5, 2000), 9, 1000), 7, 2000)
    expect(state).toEqual({ at: 2000, value: 7 })
    expect(result(add(state, 6, 2000))).toBe(7)
    expect(result(add(state, -1, 2001))).toBe(-1)
    expect(result(empty())).toBeNull()
  })
})
