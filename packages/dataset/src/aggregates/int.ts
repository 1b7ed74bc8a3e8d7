/** An exact whole number: a `number` where that is safe, a `bigint` past it. Each value has one form only. */
export type Int = number | bigint

/** The exact sum of two, in its one form. */
export function addInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return toInt(BigInt(a) + BigInt(b))
}

/** A bigint in its one form. */
export function toInt(value: bigint): Int {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** A logged whole number (a number where that is safe, digits past it) as an exact one. */
export function intOf(logged: number | string): Int {
  return typeof logged === 'number' ? logged : toInt(BigInt(logged))
}
