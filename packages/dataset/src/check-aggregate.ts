import { customAggregate, readCustom } from './aggregates/custom.ts'
import type { CustomAggregate, CustomField } from './field.ts'

/**
 * Checks that an aggregate of your own obeys the laws on samples: whatever order and grouping they come in, its states
 * are equal as JSON. For a test of yours; give it inputs of every kind, and a dozen of them.
 * @param samples inputs as events carry them; `input` must read each
 * @throws Error naming the law that does not hold, with the states that differ; what a function of the aggregate throws
 * @example test('the weighted mean is an aggregate', () => checkAggregate(weightedMean, [[1, 2], [3, 4], [0, 5]]))
 */
export function checkAggregate<Input, State, Result>(
  aggregate: CustomAggregate<Input, State, Result>,
  samples: readonly unknown[],
): void {
  // As the fold does: states travel as JSON between any two steps.
  const field: CustomField = { kind: 'custom', ...aggregate }
  const { empty: start, add: addTo, merge, result } = customAggregate(field)
  const again = customAggregate({ ...field, merge: (a) => a }).merge
  const read = readCustom(field)
  const empty = start()
  const add = (text: string, [sample, at]: readonly [unknown, number]) => {
    const input = read(sample)
    if (input === undefined)
      throw new Error(`input refuses the sample ${show(sample)}; expected samples that it reads`)
    return addTo(text, input, at)
  }
  const timed = samples.map((sample, i) => [sample, i * 1000] as const)
  const fold = (some: typeof timed) => some.reduce(add, empty)
  const whole = fold(timed)
  same('a state stays what it is on its way through JSON', whole, again(whole, whole))
  same('an empty state changes nothing', whole, merge(whole, empty))
  same('an empty state changes nothing', whole, merge(empty, whole))
  same('the order of events changes nothing', whole, fold([...timed].reverse()))
  for (let i = 0; i <= timed.length; i++) {
    const [a, b] = [fold(timed.slice(0, i)), fold(timed.slice(i))]
    same(`events 1 to ${i} and the rest, apart and then merged, give the whole`, whole, merge(a, b))
    same('merge is commutative', merge(a, b), merge(b, a))
    const c = fold(timed.slice(0, Math.ceil(i / 2)))
    same('merge is associative', merge(merge(a, b), c), merge(a, merge(b, c)))
  }
  for (const text of [whole, empty]) result(text)
}

function same(law: string, a: string, b: string): void {
  if (a !== b) throw new Error(`${law}: it does not hold, ${a.slice(0, 200)} is not ${b.slice(0, 200)}`)
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 60) ?? String(value)
}
