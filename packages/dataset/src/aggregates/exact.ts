import { addInt, type Int, toInt } from './int.ts'
import { decimalOf, NUMBER } from './sum.ts'

/**
 * An exact sum of floating-point numbers, each taken as the decimal that JavaScript writes for it: a whole number of
 * `10^-scale`. The scale is the largest that a number needed, so that it does not depend on order or grouping.
 */
export interface Exact {
  readonly int: Int
  readonly scale: number
}

export const ZERO: Exact = { int: 0, scale: 0 }

/** Decimals of up to 15 digits are told apart by floating-point numbers, so that one found by rounding is the one. */
const TOLD_APART = 1e15
const MOST_POWER = 22

/** The sum with one more number. */
export function addExact({ int, scale }: Exact, value: number): Exact {
  const scaled = scale <= MOST_POWER ? Math.round(value * 10 ** scale) : Number.NaN
  if (Math.abs(scaled) < TOLD_APART && scaled / 10 ** scale === value)
    return { int: addInt(int, scaled), scale }
  return mergeExact({ int, scale }, exactOf(value))
}

/** Both sums together. */
export function mergeExact(a: Exact, b: Exact): Exact {
  const scale = Math.max(a.scale, b.scale)
  return { int: addInt(scaledTo(a, scale), scaledTo(b, scale)), scale }
}

/** The sum's digits, without zeros at the end. */
export function exactText({ int, scale }: Exact): string {
  if (scale === 0) return String(int)
  return decimalOf(int, scale).replace(/\.?0+$/, '')
}

/** Reads what `exactText` gives. @throws Error where it is no decimal */
export function readExact(text: string): Exact {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (!match) throw new Error(`expected a decimal, and found ${JSON.stringify(text.slice(0, 40))}`)
  const [, sign, whole = '', fraction = ''] = match
  return { int: toInt(BigInt(`${sign}${whole}${fraction}`)), scale: fraction.length }
}

function exactOf(value: number): Exact {
  const [, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(String(value))!
  const scale = fraction.length - Number(exponent)
  const digits = BigInt(`${sign}${whole}${fraction}`)
  return scale >= 0 ? { int: toInt(digits), scale } : { int: toInt(digits * 10n ** BigInt(-scale)), scale: 0 }
}

function scaledTo({ int, scale }: Exact, target: number): Int {
  return scale === target ? int : toInt(BigInt(int) * 10n ** BigInt(target - scale))
}
