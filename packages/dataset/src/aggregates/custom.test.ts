import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkAggregate } from '../check-aggregate.ts'
import { type CustomField, custom } from '../field.ts'
import { jsonText } from '../json.ts'
import { customAggregate, customText, isAggregateFailure, readCustom } from './custom.ts'
import { aggregateLaws } from './laws.contract.ts'

const mean = custom({
  empty: () => ({ n: 0, sum: 0 }),
  add: ({ n, sum }, value: number) => ({ n: n + 1, sum: sum + value }),
  merge: (a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum }),
  result: ({ n, sum }) => (n === 0 ? null : sum / n),
  input: (value) => (Number.isInteger(value) ? (value as number) : undefined),
})

/** Changes what it is given, and has a state that is no JSON. */
const words = custom({
  empty: () => new Set<string>(),
  add: (state, word: string) => state.add(word),
  merge(a, b) {
    for (const word of b) a.add(word)
    return a
  },
  result: (state) => state.size,
  input: (value) => (typeof value === 'string' ? value : undefined),
  json: { encode: (state) => [...state].sort(), decode: (json) => new Set(json as string[]) },
})

aggregateLaws(
  'custom, with a state that is JSON',
  customAggregate(mean),
  fc.integer({ min: -9, max: 9 }),
  customText,
)
const letters = fc.constantFrom('a', 'b', 'ä', '"', '__proto__')
aggregateLaws('custom, with a state that is none', customAggregate(words), letters, customText)

describe('a custom aggregate', () => {
  const broken = (change: Partial<CustomField>) => customAggregate({ ...mean, ...change })
  const failures: [string, () => unknown][] = [
    ['add that throws', () => broken({ add: () => fail() }).add('{}', 1, 0)],
    ['add that gives undefined', () => broken({ add: () => undefined }).add('{}', 1, 0)],
    ['a state with NaN', () => broken({ add: () => ({ n: Number.NaN }) }).add('{}', 1, 0)],
    ['a state with a Date', () => broken({ add: () => [new Date()] }).add('{}', 1, 0)],
    ['a state with a bigint', () => broken({ merge: () => 1n }).merge('{}', '{}')],
    ['a state with a NUL', () => broken({ add: () => ['\u0000'] }).add('{}', 1, 0)],
    ['a state with half of a pair', () => broken({ add: () => ({ '\ud83d': 1 }) }).add('{}', 1, 0)],
    ['a result with a NUL', () => broken({ result: () => 'a\u0000' }).result('{}')],
    ['a state that holds itself', () => broken({ merge: () => loop() }).merge('{}', '{}')],
    ['a result that holds itself', () => broken({ result: () => loop() }).result('{}')],
    ['a result that is a bigint', () => broken({ result: () => 1n }).result('{}')],
    ['something thrown that is no error', () => broken({ empty: () => fail('text') }).empty()],
  ]
  it.each(failures)('says which step failed: %s', (_, act) => {
    let caught: unknown
    try {
      act()
    } catch (error) {
      caught = error
    }
    expect(isAggregateFailure(caught)).toBe(true)
    expect((caught as Error).message).toMatch(/^(empty|add|merge|result) of a custom aggregate failed: ./)
  })

  it('has null for a result that JSON has no text for', () => {
    for (const nothing of [undefined, Number.NaN, Infinity, () => 1]) {
      expect(broken({ result: () => nothing }).result('{}')).toBeNull()
    }
  })

  it('is given the time of the event', () => {
    const newest = {
      ...mean,
      empty: () => 0,
      add: (state: number, _: number, at: number) => Math.max(state, at),
    }
    expect(customAggregate(newest).add('5', 1, 9000)).toBe('9000')
  })

  it('takes what its input function gives, as JSON', () => {
    const read = readCustom(mean)
    expect(read(3)).toBe(3)
    expect(read(3.5)).toBeUndefined()
    expect(readCustom({ ...mean, input: () => fail() })(1)).toBeUndefined()
    expect(readCustom({ ...mean, input: () => new Map() })(1)).toBeUndefined()
    expect(readCustom({ ...mean, input: () => ({ b: 1, a: [null] }) })(1)).toEqual({ a: [null], b: 1 })
  })

  it('takes no text that cannot be stored', () => {
    const read = readCustom({ ...mean, input: (value) => value })
    for (const bad of ['\u0000', 'a\u0000b', '\ud83d', '\ude00\ud83d']) {
      expect(read(bad)).toBeUndefined()
      expect(read([{ a: bad }])).toBeUndefined()
      expect(read({ [bad]: 1 })).toBeUndefined()
    }
    expect(read({ '\ud83d\ude00\\u0000\u0001': 'ä' })).toEqual({ '\ud83d\ude00\\u0000\u0001': 'ä' })
  })

  function fail(what: unknown = new Error('no')): never {
    throw what
  }

  function loop(): unknown[] {
    const list: unknown[] = []
    list.push(list)
    return list
  }
})

describe('checkAggregate', () => {
  it('passes an aggregate that obeys the laws', () => {
    checkAggregate(mean, [1, 2, -5, 0, 100])
    checkAggregate(words, ['a', 'b', 'a', 'c'])
    checkAggregate(mean, [])
  })

  it.each([
    ['the order of events', { add: (_: unknown, value: number) => ({ n: 1, sum: value }) }],
    ['apart and then merged', { merge: (a: { n: number }, b: { n: number }) => (a.n > b.n ? a : b) }],
    ['an empty state', { add: (state: { n: number }) => state, empty: () => ({ n: 1, sum: 1 }) }],
  ])('names the law that does not hold: %s', (law, change) => {
    const samples = law === 'an empty state' ? [] : [1, 2, 3]
    expect(() => checkAggregate({ ...mean, ...change } as never, samples)).toThrow(law)
  })

  it('refuses samples that input does not read', () => {
    expect(() => checkAggregate(mean, [1, 'two'])).toThrow(/input refuses the sample "two"/)
  })
})

describe('the text of JSON', () => {
  it('is one for equal values, whatever the order of their keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(jsonText(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
    expect(jsonText({ b: 1, a: { d: [1, 'x'], c: null } })).toBe('{"a":{"c":null,"d":[1,"x"]},"b":1}')
    expect(jsonText(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}')
  })
})
