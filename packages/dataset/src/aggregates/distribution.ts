import type { Aggregate } from './aggregate.ts'
import { type Bins, binOf, middleOf } from './bins.ts'
import { addExact, type Exact, exactText, mergeExact, ZERO } from './exact.ts'

/** Counts by bin, with what bins alone would lose. Bins of a sign are there from its first number on. */
export interface DistributionState {
  positive: Bins | undefined
  negative: Bins | undefined
  zeros: number
  count: number
  sum: Exact
  min: number | null
  max: number | null
}

/** What is read of a distribution; null where it is empty. `sum` in all its digits. */
export interface Distribution {
  count: number
  sum: string
  min: number | null
  max: number | null
  /** The value at a quantile from 0 to 1, within 1 %. */
  quantile(q: number): number | null
}

/**
 * Keeps a distribution in bins that grow by 2 %: DDSketch (Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable
 * quantile sketch", 2019) with its logarithmic mapping. Bins never collapse, so that a state is a function of what was
 * added; over all floating-point numbers there are 71,000 a sign.
 */
export const distributionAggregate: Aggregate<number, DistributionState, Distribution> = {
  empty: () => ({
    positive: undefined,
    negative: undefined,
    zeros: 0,
    count: 0,
    sum: ZERO,
    min: null,
    max: null,
  }),
  add(state, value) {
    if (value > 0) state.positive = counted(state.positive, binOf(value))
    else if (value < 0) state.negative = counted(state.negative, binOf(-value))
    else state.zeros++
    state.count++
    state.sum = addExact(state.sum, value)
    if (state.min === null || value < state.min) state.min = value
    if (state.max === null || value > state.max) state.max = value
    return state
  },
  merge: (a, b) => ({
    positive: bothBins(a.positive, b.positive),
    negative: bothBins(a.negative, b.negative),
    zeros: a.zeros + b.zeros,
    count: a.count + b.count,
    sum: mergeExact(a.sum, b.sum),
    min: a.min === null || b.min === null ? (a.min ?? b.min) : Math.min(a.min, b.min),
    max: a.max === null || b.max === null ? (a.max ?? b.max) : Math.max(a.max, b.max),
  }),
  result(state) {
    const { count, sum, min, max } = state
    return { count, sum: exactText(sum), min, max, quantile: quantileOf(state) }
  },
}

function counted(bins: Bins | undefined, bin: number): Map<number, number> {
  if (!bins) return new Map([[bin, 1]])
  return bins.set(bin, (bins.get(bin) ?? 0) + 1)
}

function bothBins(a: Bins | undefined, b: Bins | undefined): Bins | undefined {
  if (!a || !b) return a || b ? new Map(a ?? b) : undefined
  const both = new Map(a)
  for (const [bin, count] of b) both.set(bin, (both.get(bin) ?? 0) + count)
  return both
}

/** Sorts the bins once for all quantiles that are asked. */
function quantileOf({ positive, negative, zeros, count, min, max }: DistributionState) {
  let sorted: { value: number; upTo: number }[] | undefined
  const sort = () => {
    let upTo = 0
    const below = [...(negative ?? [])].sort(([a], [b]) => b - a)
    const above = [...(positive ?? [])].sort(([a], [b]) => a - b)
    return [
      ...below.map(([bin, n]) => ({ value: -middleOf(bin), n })),
      { value: 0, n: zeros },
      ...above.map(([bin, n]) => ({ value: middleOf(bin), n })),
    ].map(({ value, n }) => {
      upTo += n
      return { value, upTo }
    })
  }
  return (q: number): number | null => {
    if (min === null || max === null) return null
    if (min === max) return min
    sorted ??= sort()
    const rank = q * (count - 1)
    const found = sorted.find(({ upTo }) => upTo > rank)!
    // Within what was seen: the middle of the outermost bins may lie outside, and past what a number can hold.
    return Math.min(max, Math.max(min, found.value)) + 0
  }
}
