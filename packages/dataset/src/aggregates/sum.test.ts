import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sum } from '../field.ts'
import { aggregateOf, convertInput } from './index.ts'
import { aggregateLaws } from './laws.contract.ts'
import { decimalOf, readSum, sumAggregate } from './sum.ts'

const scales = fc.integer({ min: 0, max: 15 })
/** A decimal of at most `scale` digits after the point, as text, and its exact scaled value. */
const decimals = (scale: number) =>
  fc
    .tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.integer({ min: 0, max: scale }))
    .map(([digits, used]) => ({
      text: decimalOf(digits, used),
      scaled: digits * 10n ** BigInt(scale - used),
    }))
const scaledDecimals = scales.chain((scale) => fc.tuple(fc.constant(scale), fc.array(decimals(scale))))

aggregateLaws(
  'sum',
  sumAggregate(2),
  fc
    .bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
    .map((value) => readSum(2)(decimalOf(value, 2)) as number),
)

describe('a sum', () => {
  it('adds decimals as BigInt adds their scaled digits', () => {
    fc.assert(
      fc.property(scaledDecimals, ([scale, values]) => {
        const aggregate = sumAggregate(scale)
        const inputs = values.map(({ text }) => readSum(scale)(text) as number | string)
        const exact = values.reduce((total, { scaled }) => total + scaled, 0n)
        expect(BigInt(inputs.reduce(aggregate.add, aggregate.empty()))).toBe(exact)
        expect(aggregate.result(inputs.reduce(aggregate.add, aggregate.empty()))).toBe(
          decimalOf(exact, scale),
        )
      }),
    )
  })

  it('reads a number as the decimal that JavaScript writes for it', () => {
    fc.assert(
      fc.property(
        scales,
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
        (scale, value) => {
          const read = readSum(scale)(value)
          if (read !== undefined) expect(Number(decimalOf(BigInt(read), scale))).toBe(value + 0)
        },
      ),
    )
    expect(readSum(2)(0.1 + 0.2)).toBeUndefined()
    expect(readSum(2)(0.3)).toBe(30)
    expect(readSum(2)(1e-2)).toBe(1)
    expect(readSum(7)(1e-7)).toBe(1)
    expect(readSum(0)(1e21)).toBe('1000000000000000000000')
    expect(readSum(15)(123_456)).toBe('123456000000000000000')
    expect(readSum(2)(-0)).toBe(0)
  })

  it('takes zeros past its scale for no digits, and refuses any other digit there', () => {
    expect(readSum(2)('12.5000')).toBe(1250)
    expect(readSum(2)('+12.5')).toBe(1250)
    expect(readSum(2)('-0.00')).toBe(0)
    expect(readSum(2)('12.501')).toBeUndefined()
    expect(readSum(0)('0.0')).toBe(0)
    expect(readSum(0)(0.5)).toBeUndefined()
  })

  it('never rounds: what it takes is what was written', () => {
    fc.assert(
      fc.property(scales, fc.stringMatching(/^-?\d{1,20}(\.\d{1,20})?$/), (scale, text) => {
        const read = readSum(scale)(text)
        const [whole = '', fraction = ''] = text.replace('-', '').split('.')
        const digits = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'))
        const lost = /[1-9]/.test(fraction.slice(scale))
        const exact = text.startsWith('-') ? -digits : digits
        expect(read === undefined ? undefined : BigInt(read)).toBe(lost ? undefined : exact)
      }),
    )
  })

  it.each([
    [''],
    ['.5'],
    ['5.'],
    ['1e3'],
    ['1,5'],
    [' 1'],
    ['0x10'],
    ['NaN'],
    ['1'.repeat(31)],
    [Number.NaN],
    [Infinity],
    [1e300],
    [null],
    [undefined],
    [true],
    [[1]],
    [1n],
  ])('refuses %o', (value) => {
    expect(readSum(2)(value)).toBeUndefined()
  })

  it('is written with all the digits of its scale', () => {
    expect(decimalOf(1250, 2)).toBe('12.50')
    expect(decimalOf(-5, 2)).toBe('-0.05')
    expect(decimalOf(0, 3)).toBe('0.000')
    expect(decimalOf(-(10n ** 20n), 2)).toBe('-1000000000000000000.00')
    expect(decimalOf(7, 0)).toBe('7')
  })
})

describe('an input that was logged under another scale', () => {
  it('is converted exactly where no digit is lost, and otherwise not at all', () => {
    const [two, four] = [sum({ scale: 2 }), sum({ scale: 4 })]
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (value) => {
        const input = readSum(2)(decimalOf(value, 2)) as string
        const converted = convertInput(two, four, input) as string
        expect(BigInt(converted)).toBe(value * 100n)
        expect(convertInput(four, two, converted)).toBe(input)
      }),
    )
    expect(convertInput(four, two, 12_501)).toBeUndefined()
    expect(convertInput(two, two, 5)).toBe(5)
  })

  it('is lost where the field became another kind', () => {
    expect(convertInput({ kind: 'counter' }, sum({ scale: 0 }), 1)).toBeUndefined()
    expect(convertInput({ kind: 'counter' }, { kind: 'counter', label: 'Hits' }, 1)).toBe(1)
    expect(aggregateOf({ kind: 'counter' }).result(1)).toBe('1')
  })
})
