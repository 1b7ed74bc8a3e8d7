/** Random numbers that a seed repeats: gives the next one, from 0 up to 1. */
export type Random = () => number

/** Mulberry32, by Tommy Ettinger: 32 bits of state, which is enough to decide where to cut. */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
