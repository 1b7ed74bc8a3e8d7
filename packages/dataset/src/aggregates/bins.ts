/** Counts by the number of their bin. */
export type Bins = Map<number, number>

const ACCURACY = 0.01
/** The ratio of a bin's bounds, as `LogarithmicMapping` of the libraries of DDSketch computes it. */
export const GAMMA = 1 + (2 * ACCURACY) / (1 - ACCURACY)
const MULTIPLIER = (1 / Math.log1p((2 * ACCURACY) / (1 - ACCURACY))) * Math.log(2)

/** The bin of a size above zero. */
export function binOf(size: number): number {
  return Math.ceil(Math.log2(size) * MULTIPLIER)
}

/** The middle of a bin: no number in it is further away than 1 %. Past what a number can hold it is infinite. */
export function middleOf(bin: number): number {
  return 2 ** (bin / MULTIPLIER) * (2 / (1 + GAMMA))
}
