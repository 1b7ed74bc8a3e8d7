import type { Aggregate } from './aggregate.ts'

/** A number and when it was observed, in milliseconds since 1970. */
export interface Observed {
  at: number
  value: number
}

/** The newest number by the time of its event, of two at one time the larger; null where there is none. */
export const lastAggregate: Aggregate<number, Observed | null, number | null> = {
  empty: () => null,
  add: (state, value, at) => newer(state, { at, value }),
  merge: newer,
  result: (state) => state?.value ?? null,
}

function newer(a: Observed | null, b: Observed | null): Observed | null {
  if (a === null || b === null) return a ?? b
  if (a.at !== b.at) return a.at > b.at ? a : b
  return a.value >= b.value ? a : b
}
