import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DistributionState, distributionAggregate } from './distribution.ts'
import { distributionText } from './distribution-text.ts'
import { aggregateLaws } from './laws.contract.ts'
import { readNumber } from './number.ts'

const { add, empty, merge, result } = distributionAggregate
const fold = (values: readonly number[]) =>
  values.reduce((state, value) => add(state, readNumber(value)!, 0), empty())

const everyNumber = fc.double({ noNaN: true, noDefaultInfinity: true })
const adversarial = fc
  .oneof(
    everyNumber,
    fc.integer({ min: -100, max: 100 }),
    fc.double({ min: 0.001, max: 10, noNaN: true }),
    fc.constantFrom(
      0,
      -0,
      5e-324,
      -5e-324,
      1e-320,
      2.2e-308,
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
      0.1,
      1e21,
      1e-7,
    ),
  )
  .map((value) => readNumber(value) as number)

aggregateLaws('distribution', distributionAggregate, adversarial, distributionText)

/** Within 1 %, or the distance between two numbers where those are further apart. */
function isNear(found: number | null, exact: number): boolean {
  return found !== null && Math.abs(found - exact) <= Math.abs(exact) * 0.010000001 + 5e-324
}

describe('a distribution', () => {
  it('is within 1 % of the exact quantile, of any numbers at all', () => {
    fc.assert(
      fc.property(
        fc.array(adversarial, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const exact = [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))]!
          const found = result(fold(values)).quantile(q)
          expect(isNear(found, exact), `${found} for ${exact}`).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('is exact in count, sum and extremes, and its sum is that of the decimals', () => {
    fc.assert(
      fc.property(fc.array(adversarial, { maxLength: 40 }), (values) => {
        const { count, min, max } = result(fold(values))
        expect(count).toBe(values.length)
        expect(min).toBe(values.length ? values.reduce((a, b) => Math.min(a, b)) : null)
        expect(max).toBe(values.length ? values.reduce((a, b) => Math.max(a, b)) : null)
      }),
    )
    expect(result(fold(Array(10).fill(0.1))).sum).toBe('1')
    expect(result(fold([1e21, -1e21, 1e-7, 2.5])).sum).toBe('2.5000001')
    expect(result(fold([Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324])).sum).toMatch(/^0\.0{323}5$/)
    expect(result(fold([12.5, 12.25])).sum).toBe('24.75')
    expect(result(empty())).toMatchObject({ count: 0, sum: '0', min: null, max: null })
    expect(result(empty()).quantile(0.5)).toBeNull()
  })

  it('adds up decimals exactly, whatever their digits', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer(), fc.integer({ min: 0, max: 5 }))), (decimals) => {
        const values = decimals.map(([digits, scale]) => digits / 10 ** scale)
        const exact = decimals.reduce(
          (total, [digits, scale]) => total + BigInt(digits) * 10n ** BigInt(5 - scale),
          0n,
        )
        const [whole = '', fraction = ''] = result(fold(values)).sum.split('.')
        expect(BigInt(whole.replace('-', '') + fraction.padEnd(5, '0'))).toBe(exact < 0n ? -exact : exact)
      }),
    )
  })

  it('never reads past what was seen', () => {
    expect(result(fold([12.5])).quantile(0.5)).toBe(12.5)
    expect(result(fold([1, 1.001])).quantile(1)).toBeLessThanOrEqual(1.001)
    expect(result(fold([Number.MAX_VALUE])).quantile(0.99)).toBe(Number.MAX_VALUE)
  })
})

describe('the bytes of a distribution', () => {
  const bytes = (values: readonly number[]) => distributionText.write(fold(values))
  const GAMMA = '0a0909f2a38b2d2e52f03f'.slice(0, 6)

  it('are those of the message DDSketch, with what it does not keep in fields that its readers skip', () => {
    expect(bytes([])).toMatch(new RegExp(`^${GAMMA}[0-9a-f]{16}12001a00$`))
    // One bin in a row: 8 bytes of its count and an offset; then zeros, minimum, maximum, sum.
    expect(bytes([1, 0]).slice(22)).toBe(
      `${'120c'}${'1208'}000000000000f03f${'1800'}${'1a00'}${'21'}000000000000f03f${'c90c'}${'00'.repeat(8)}${'d10c'}000000000000f03f${'da0c01'}31`,
    )
  })

  it("of the library of the paper's authors are read, and merged with ours", () => {
    // 1, 2, 3, 0, -4 and 2.5 as `toProto` of @datadog/sketches-js 2.1.1 writes them.
    const theirs = [
      '0a1409fd4a815abf52f03f1100000000000000001800128508128008',
      '00'.repeat(518),
      'f03f',
      '00'.repeat(278),
      'f03f',
      '00'.repeat(86),
      'f03f',
      '00'.repeat(70),
      'f03f',
      '00'.repeat(64),
      '187f1a8508128008',
      '00'.repeat(518),
      'f03f',
      '00'.repeat(504),
      '180c21000000000000f03f',
    ].join('')
    const read = distributionText.read(theirs)
    expect(read).toMatchObject({ count: 6, zeros: 1 })
    expect(read.positive).toEqual(fold([1, 2, 3, 2.5]).positive)
    expect(read.negative).toEqual(fold([-4]).negative)
    expect(result(merge(read, fold([7, 8]))).count).toBe(8)
  })

  it('are short also where bins lie far apart', () => {
    expect(bytes([1e-300, 1e300]).length / 2).toBeLessThan(700)
    expect(bytes(Array.from({ length: 1000 }, (_, i) => i + 1)).length / 2).toBeLessThan(3000)
  })

  it('of another writer without sum and extremes are read by the middles of its bins', () => {
    const written = bytes([1, 2, 3, 0, -4]).replace(/c90c.*$/, '')
    const read = result(distributionText.read(written))
    expect(read.count).toBe(5)
    expect(isNear(read.max, 3) && isNear(read.min, -4)).toBe(true)
    expect(Math.abs(Number(read.sum) - 2)).toBeLessThan(0.11)
  })

  it.each([['00'], ['0a'], ['zz'], ['1'], [''], ['0a09090000000000000040'], ['0a0b09f2a38b2d2e52f03f1801']])(
    'are not read where they are no sketch with these bins: %o',
    (text) => {
      expect(() => distributionText.read(text)).toThrow()
    },
  )

  it('hold nothing but what was added, also after a merge with nothing', () => {
    const state: DistributionState = merge(fold([]), fold([]))
    expect(distributionText.write(state)).toBe(bytes([]))
  })
})
