import type { Aggregate } from './aggregate.ts'

/** The largest number, null where there is none. */
export const maxAggregate: Aggregate<number, number | null, number | null> = {
  empty: () => null,
  add: larger,
  merge: larger,
  result: (state) => state,
}

function larger(a: number | null, b: number | null): number | null {
  if (a === null) return b
  return b === null || a >= b ? a : b
}
