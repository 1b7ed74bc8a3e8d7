import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { counterAggregate, readCounter } from './counter.ts'
import { intOf } from './int.ts'
import { aggregateLaws } from './laws.contract.ts'

const int64 = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n })
const logged = fc.oneof(fc.integer({ min: -100, max: 100 }), fc.maxSafeInteger(), int64.map(String))
const readable = logged.map((value) => readCounter(value) as number | string)

aggregateLaws('counter', counterAggregate, readable)

describe('a counter', () => {
  it('adds as BigInt adds, past 2^53 too', () => {
    fc.assert(
      fc.property(fc.array(readable), (inputs) => {
        const state = inputs.reduce(counterAggregate.add, counterAggregate.empty())
        const exact = inputs.reduce((sum, input) => sum + BigInt(input), 0n)
        expect(counterAggregate.result(state)).toBe(exact.toString())
      }),
    )
  })

  it('has one form for each value, whatever the way to it', () => {
    const { add } = counterAggregate
    expect(add(intOf(`${2n ** 53n}`), -1, 0)).toBe(2 ** 53 - 1)
    expect(add(2 ** 53 - 1, 1, 0)).toBe(2n ** 53n)
    expect(add(5, -5, 0)).toBe(0)
  })

  it('reads whole numbers of int64, as digits too', () => {
    fc.assert(
      fc.property(int64, (value) => {
        expect(BigInt(readCounter(value.toString()) as number | string)).toBe(value)
      }),
    )
    expect(readCounter(-0)).toBe(0)
    expect(readCounter('-0')).toBe(0)
    expect(readCounter('007')).toBe(7)
    expect(readCounter('9007199254740993')).toBe('9007199254740993')
  })

  it.each([
    [1.5],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [2 ** 53],
    ['9223372036854775808'],
    ['-9223372036854775808'],
    ['1e3'],
    ['1.0'],
    ['+1'],
    [' 1'],
    [''],
    ['٣'],
    [null],
    [undefined],
    [true],
    [[1]],
    [{}],
    [10n],
  ])('refuses %o', (value) => {
    expect(readCounter(value)).toBeUndefined()
  })
})
