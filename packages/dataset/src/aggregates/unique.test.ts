import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aggregateLaws } from './laws.contract.ts'
import { readUnique, type UniqueState, uniqueAggregate, uniqueText } from './unique.ts'

const { add, empty, merge, result } = uniqueAggregate

/** Stands in for the keyed hash: as well spread, and told apart. */
const hash = (value: string) =>
  spreadElement(
    [...value].reduce((state, letter) => (Math.imul(state, 16777619) ^ letter.charCodeAt(0)) | 0, 7),
  )

/** Elements that are spread as hashes are, without the time that hashing ten million takes: splitmix64. */
function spread(from: number, to: number): UniqueState {
  let state = empty()
  for (let i = from; i < to; i++) state = add(state, spreadElement(i), 0)
  return state
}

function spreadElement(i: number): string {
  let [high, low] = [Math.imul(i, 0x9e3779b1), Math.imul(i, 0x85ebca6b) ^ 0x27d4eb2f]
  for (let round = 0; round < 3; round++) {
    high = mix(high ^ low)
    low = mix(low + high)
  }
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0')
}

function mix(value: number): number {
  let x = value
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return x ^ (x >>> 16)
}

const element = fc.oneof(
  fc.integer({ min: 0, max: 2000 }).map((i) => hash(String(i))),
  fc.constantFrom(
    '0000000000000000',
    'ffffffffffffffff',
    '8000000000000000',
    '7fffffffffffffff',
    '0000000000001fff',
  ),
)
// Few, many around the step from elements to registers, and enough for full registers.
const inputs = fc.oneof(
  { weight: 6, arbitrary: fc.array(element, { maxLength: 5 }).map((some) => some.join('')) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 9000 }), fc.constantFrom(300, 341, 2500))
      .map(([from, count]) => Array.from({ length: count }, (_, i) => spreadElement(from + i)).join('')),
  },
)
aggregateLaws('unique', uniqueAggregate, inputs, uniqueText)

describe('a unique', () => {
  it('is exact up to 640 values, however often each comes', () => {
    let state = empty()
    for (let i = 0; i < 640; i++) for (let n = 0; n < 3; n++) state = add(state, hash(`v${i}`), 0)
    expect(result(state)).toBe(640)
    expect(uniqueText.write(state)).toMatch(/^128d7f/)
    expect(uniqueText.write(add(state, hash('one more'), 0))).toMatch(/^138d7f/)
  })

  it('is within 1.2 % standard error at 10, 1,000, 20,000 and 100,000 values', () => {
    const runs = 40
    for (const [count, allowed] of [
      [10, 0],
      [1000, 0.012],
      [20_000, 0.012],
      [100_000, 0.012],
    ] as const) {
      let squares = 0
      for (let run = 0; run < runs; run++) {
        const from = run * 20_000_000
        squares += (result(spread(from, from + count)) / count - 1) ** 2
      }
      // The standard error of a standard error from 40 runs is 11 % of it: half of that over the bound is allowed.
      expect(Math.sqrt(squares / runs)).toBeLessThanOrEqual(allowed * 1.15)
    }
  }, 120_000)

  it('is within 1.2 % at 10 million values', () => {
    const parts = Array.from({ length: 10 }, (_, part) => spread(part * 1e6, (part + 1) * 1e6))
    expect(Math.abs(result(parts.reduce(merge, empty())) / 1e7 - 1)).toBeLessThan(0.024)
  }, 120_000)

  it('takes up to 100 strings of 1 to 200 characters', () => {
    const read = readUnique(hash)
    expect(read(['a', 'b'])).toBe(hash('a') + hash('b'))
    expect(read([])).toBe('')
    expect(read(Array.from({ length: 100 }, (_, i) => `${i}`))).toHaveLength(1600)
    expect(read(['x'.repeat(200)])).toBe(hash('x'.repeat(200)))
  })

  it.each([
    ['a'],
    [[1]],
    [['']],
    [['x'.repeat(201)]],
    [Array(101).fill('a')],
    [[null]],
    [null],
    [{ length: 0 }],
    [[['a']]],
  ])('refuses %o', (value) => {
    expect(readUnique(hash)(value)).toBeUndefined()
  })
})

describe('the storage format of a unique', () => {
  // From the storage specification: version and type, parameters, cutoff, then data.
  it('is that of the specification, for each type of it', () => {
    expect(uniqueText.write(empty())).toBe('118d7f')
    const explicit = add(empty(), '0000000000000001cba79700677cdeaa', 0)
    expect(uniqueText.write(explicit)).toBe('128d7fcba79700677cdeaa0000000000000001')
    // Register 11 holds 6, register 1099 holds 19: 18 bits each, and 4 of filling.
    const registers = new Uint8Array(8192)
    registers[11] = 6
    registers[1099] = 19
    expect(uniqueText.write(registers)).toBe(
      `138d7f${BigInt(`0b${'0000000001011'}00110${'0010001001011'}100110000`).toString(16).padStart(10, '0')}`,
    )
    // Registers 0, 1, 2, 3, 0, …
    const full = Uint8Array.from({ length: 8192 }, (_, i) => i % 4)
    expect(uniqueText.write(full)).toBe(`148d7f${'0044300443'.repeat(1024)}`)
  })

  it('enters an element at its lowest 13 bits, with the place of the lowest bit above them', () => {
    const registers = (added: string) => {
      const state = add(new Uint8Array(8192), added, 0) as Uint8Array
      return [...state].flatMap((value, index) => (value > 0 ? [[index, value]] : []))
    }
    expect(registers('0000000000002005')).toEqual([[5, 1]])
    expect(registers('000000000000c001')).toEqual([[1, 2]])
    expect(registers('0000000100000007')).toEqual([[7, 20]])
    expect(registers('8000000000000000')).toEqual([[0, 31]])
    expect(registers('0000000000000009')).toEqual([])
  })

  it.each([[''], ['118d7f00'], ['128d7f00'], ['148d7f00'], ['118b7f'], ['218d7f'], ['138d7fzz'], ['108d7f']])(
    'does not read %o',
    (text) => {
      expect(() => uniqueText.read(text)).toThrow(/expected/)
    },
  )
})
