import type { Aggregate } from './aggregate.ts'
import { addInt, type Int, intOf, toInt } from './int.ts'

const MOST = 2n ** 63n - 1n

/** Adds whole numbers exactly; the result is their decimal digits. */
export const counterAggregate: Aggregate<number | string, Int, string> = {
  empty: () => 0,
  add: (state, input) => addInt(state, intOf(input)),
  merge: addInt,
  result: String,
}

/** A whole number within int64: a safe integer, or its digits as a string. −0 is 0. */
export function readCounter(value: unknown): number | string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value + 0 : undefined
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)) return undefined
  const exact = BigInt(value)
  if (exact > MOST || exact < -MOST) return undefined
  const int = toInt(exact)
  return typeof int === 'number' ? int : int.toString()
}
