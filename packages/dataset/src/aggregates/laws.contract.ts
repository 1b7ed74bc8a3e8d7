import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Aggregate } from './aggregate.ts'

/**
 * The laws that every aggregate obeys, as a suite of its own: grouping, order and empty parts never change a
 * state. Run it in the test of each kind of field.
 * @param inputs what an event in the log may carry for the field
 */
export function aggregateLaws<Input, State, Result>(
  name: string,
  aggregate: Aggregate<Input, State, Result>,
  inputs: fc.Arbitrary<Input>,
): void {
  const { empty, add, merge, result } = aggregate
  const stateOf = (list: readonly Input[]) => list.reduce(add, empty())
  const states = fc.array(inputs, { maxLength: 8 }).map(stateOf)

  describe(`the aggregate ${name}`, () => {
    it('merges in any grouping', () => {
      fc.assert(
        fc.property(states, states, states, (a, b, c) => {
          expect(merge(merge(a, b), c)).toStrictEqual(merge(a, merge(b, c)))
        }),
      )
    })

    it('merges in any order', () => {
      fc.assert(
        fc.property(states, states, (a, b) => {
          expect(merge(a, b)).toStrictEqual(merge(b, a))
        }),
      )
    })

    it('is not changed by an empty state', () => {
      fc.assert(
        fc.property(states, (a) => {
          expect(merge(a, empty())).toStrictEqual(a)
          expect(merge(empty(), a)).toStrictEqual(a)
        }),
      )
    })

    it('gives one result for events however they are split, shuffled and merged', () => {
      const parts = fc.array(fc.array(inputs, { maxLength: 6 }), { maxLength: 6 })
      fc.assert(
        fc.property(parts, (split) => {
          const whole = stateOf(split.flat())
          expect(split.map(stateOf).reduce(merge, empty())).toStrictEqual(whole)
          expect(stateOf(split.flat().reverse())).toStrictEqual(whole)
          expect(result(split.reverse().map(stateOf).reduce(merge, empty()))).toStrictEqual(result(whole))
        }),
      )
    })
  })
}
