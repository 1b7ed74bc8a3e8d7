import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { add, compare, decimalText, multiply, negate, readDecimal, trim, wireValue } from './decimal.ts'

/** A decimal as its exact whole number of 40 digits behind the point: the arithmetic to compare with. */
const SCALE = 40
const exact = (text: string): bigint => {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) as RegExpExecArray
  const int = BigInt(whole + fraction.padEnd(SCALE, '0'))
  return sign ? -int : int
}
const read = (text: string) => {
  const decimal = readDecimal(text)
  if (!decimal) throw new Error(`${text} was not read`)
  return decimal
}
const decimals = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 25n }), fc.option(fc.stringMatching(/^\d{1,18}$/)))
  .map(([minus, whole, fraction]) => `${minus ? '-' : ''}${whole}${fraction === null ? '' : `.${fraction}`}`)

describe('decimals', () => {
  it('add and multiply as whole numbers of any size do', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        expect(exact(decimalText(add(read(a), read(b))))).toBe(exact(a) + exact(b))
        expect(exact(decimalText(multiply(read(a), read(b)))) * 10n ** BigInt(SCALE)).toBe(
          exact(a) * exact(b),
        )
        expect(exact(decimalText(negate(read(a))))).toBe(-exact(a))
        expect(Math.sign(compare(read(a), read(b)))).toBe(
          exact(a) < exact(b) ? -1 : exact(a) > exact(b) ? 1 : 0,
        )
      }),
    )
  })

  it('have one form for each value once trimmed', () => {
    fc.assert(
      fc.property(decimals, fc.nat(10), (text, zeros) => {
        const longer = text.includes('.') ? text + '0'.repeat(zeros) : `${text}.${'0'.repeat(zeros + 1)}`
        expect(trim(read(longer))).toEqual(trim(read(text)))
        expect(exact(String(wireValue(read(longer))))).toBe(exact(text))
      }),
    )
  })

  it.each([
    ['12.50', '12.5'],
    ['1.00', 1],
    ['-0', 0],
    ['-0.00', 0],
    ['+7', 7],
    [' 7 ', 7],
    ['.5', '0.5'],
    ['5.', 5],
    ['1e3', 1000],
    ['1.5E-2', '0.015'],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993.0', '-9007199254740993'],
    ['0.1000000000000000055', '0.1000000000000000055'],
  ])('%s goes over the wire as %o', (text, value) => {
    expect(wireValue(read(text))).toBe(value)
  })

  it.each([
    '',
    ' ',
    '.',
    '-',
    '1,5',
    '1.2.3',
    '0x10',
    'NaN',
    'Infinity',
    '1e999',
    '1 2',
    '٣',
    '1'.repeat(101),
  ])('%o is none', (text) => {
    expect(readDecimal(text)).toBeUndefined()
  })
})
