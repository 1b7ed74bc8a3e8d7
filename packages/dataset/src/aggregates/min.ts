import type { Aggregate } from './aggregate.ts'

/** The smallest number, null where there is none. */
export const minAggregate: Aggregate<number, number | null, number | null> = {
  empty: () => null,
  add: smaller,
  merge: smaller,
  result: (state) => state,
}

function smaller(a: number | null, b: number | null): number | null {
  if (a === null) return b
  return b === null || a <= b ? a : b
}
