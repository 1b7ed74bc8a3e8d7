import type { Aggregate } from './aggregate.ts'
import { addInt, type Int, intOf, toInt } from './int.ts'

const DECIMAL = /^([+-]?)(\d{1,30})(?:\.(\d{1,30}))?$/
/** A finite number as JavaScript writes it: sign, digits before and after the point, exponent. */
export const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/
const MOST_DIGITS = 45

/**
 * Adds decimals exactly, as whole numbers of their last digit (`12.50` with scale 2 is 1250), because sums of
 * floating-point numbers depend on their order. The result is a decimal string with `scale` digits.
 */
export function sumAggregate(scale: number): Aggregate<number | string, Int, string> {
  return {
    empty: () => 0,
    add: (state, input) => addInt(state, intOf(input)),
    merge: addInt,
    result: (state) => decimalOf(state, scale),
  }
}

/**
 * A number or decimal string as a scaled whole number: a number where that is safe, digits past it. Undefined
 * where it is no decimal or has digits past `scale` (zeros there are none).
 */
export function readSum(scale: number): (value: unknown) => number | string | undefined {
  return (value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) < 1e6 && scale < 9) {
      return value * 10 ** scale + 0
    }
    const match =
      typeof value === 'string'
        ? DECIMAL.exec(value)
        : typeof value === 'number' && Number.isFinite(value)
          ? NUMBER.exec(String(value))
          : null
    return match ? scaled(match, scale) : undefined
  }
}

function scaled(match: RegExpExecArray, scale: number): number | string | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = whole + fraction
  const shift = scale - fraction.length + Number(exponent)
  if (digits.length + Math.abs(shift) > MOST_DIGITS + 20) return undefined
  const kept = shift >= 0 ? digits + '0'.repeat(shift) : digits.slice(0, shift)
  if (shift < 0 && /[1-9]/.test(digits.slice(shift))) return undefined
  const exact = BigInt(kept || '0')
  if (exact >= 10n ** BigInt(MOST_DIGITS)) return undefined
  const int = toInt(sign === '-' ? -exact : exact)
  return typeof int === 'number' ? int : int.toString()
}

/** A scaled whole number as a decimal string: 1250 with scale 2 is `12.50`. */
export function decimalOf(value: Int, scale: number): string {
  if (scale === 0) return String(value)
  const digits = String(value < 0 ? -value : value).padStart(scale + 1, '0')
  return `${value < 0 ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
