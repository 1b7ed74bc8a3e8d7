import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Aggregate, StateText } from './aggregate.ts'

/**
 * The laws that every aggregate obeys, as a suite of its own: grouping, order and empty parts never change a
 * state. Run it in the test of each kind of field.
 * @param inputs what an event in the log may carry for the field
 * @param text how states are kept, for kinds that are kept as one text: then they are compared as that, and travel as that
 */
export function aggregateLaws<Input, State, Result>(
  name: string,
  aggregate: Aggregate<Input, State, Result>,
  inputs: fc.Arbitrary<Input>,
  text?: StateText<State>,
): void {
  const { empty, add, merge, result } = aggregate
  // Times that often tie.
  const events = fc.array(fc.tuple(inputs, fc.integer({ min: 0, max: 3 })), { maxLength: 8 })
  type Events = readonly (readonly [Input, number])[]
  const stateOf = (list: Events) => list.reduce((state, [input, at]) => add(state, input, at), empty())
  const kept = (state: State): unknown => (text ? text.write(state) : state)
  const moved = (state: State): State => (text ? text.read(text.write(state)) : state)
  const states = events.map((list) => () => stateOf(list))

  describe(`the aggregate ${name}`, () => {
    it('merges in any grouping', () => {
      fc.assert(
        fc.property(states, states, states, (a, b, c) => {
          expect(kept(merge(merge(a(), b()), c()))).toStrictEqual(kept(merge(a(), merge(b(), c()))))
        }),
      )
    })

    it('merges in any order', () => {
      fc.assert(
        fc.property(states, states, (a, b) => {
          expect(kept(merge(a(), b()))).toStrictEqual(kept(merge(b(), a())))
        }),
      )
    })

    it('is not changed by an empty state', () => {
      fc.assert(
        fc.property(states, (a) => {
          expect(kept(merge(a(), empty()))).toStrictEqual(kept(a()))
          expect(kept(merge(empty(), a()))).toStrictEqual(kept(a()))
        }),
      )
    })

    it('changes nothing that it merges', () => {
      fc.assert(
        fc.property(states, states, events, (left, right, more) => {
          const [a, b] = [left(), right()]
          const before = JSON.stringify([kept(a), kept(b)], digits)
          let both = merge(a, b)
          for (const [input, at] of more) both = add(both, input, at)
          expect(JSON.stringify([kept(a), kept(b)], digits)).toBe(before)
        }),
      )
    })

    it('is the same after it was kept and read again', () => {
      fc.assert(
        fc.property(states, events, (a, more) => {
          const [stayed, read] = [a(), moved(a())]
          expect(kept(read)).toStrictEqual(kept(stayed))
          const later = (state: State) => more.reduce((s, [input, at]) => add(s, input, at), state)
          expect(kept(later(read))).toStrictEqual(kept(later(stayed)))
        }),
      )
    })

    it('gives one result for events however they are split, shuffled and merged', () => {
      const parts = fc.array(events, { maxLength: 6 })
      fc.assert(
        fc.property(parts, (split) => {
          const whole = kept(stateOf(split.flat()))
          expect(kept(split.map(stateOf).map(moved).reduce(merge, empty()))).toStrictEqual(whole)
          expect(kept(stateOf(split.flat().reverse()))).toStrictEqual(whole)
          const again = split.reverse().map(stateOf).reduce(merge, empty())
          const shown = (state: State) => JSON.stringify(result(state))
          expect(shown(again)).toBe(shown(stateOf(split.flat())))
        }),
      )
    })
  })
}

function digits(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
