/**
 * An exact decimal: `int` is the whole number of its last digits, `scale` how many of them stand behind the point
 * (12.50 is 1250 and 2). A safe integer is a number and anything past it a bigint, because most are small.
 */
export interface Decimal {
  readonly int: number | bigint
  readonly scale: number
}

const MOST_CHARACTERS = 100
const MOST_EXPONENT = 100
const PLAIN = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?\s*$/

/** Reads a decimal such as `-12.50` or `1e-7`, at most 100 characters; undefined where the text is none. */
export function readDecimal(text: string): Decimal | undefined {
  if (text.length > MOST_CHARACTERS) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = PLAIN.exec(text) ?? []
  if (sign === undefined || whole.length + fraction.length === 0) return undefined
  const shift = Number(exponent)
  if (Math.abs(shift) > MOST_EXPONENT) return undefined
  const digits = whole + fraction
  const size = digits.length < 16 ? Number(digits) : BigInt(digits)
  return atLeastWhole({ int: oneForm(sign === '-' ? -size : size), scale: fraction.length - shift })
}

/** The exact sum. */
export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  const [x, y] = [raise(a, scale), raise(b, scale)]
  if (typeof x === 'number' && typeof y === 'number' && Number.isSafeInteger(x + y)) {
    return { int: x + y, scale }
  }
  return { int: oneForm(BigInt(x) + BigInt(y)), scale }
}

/** The decimal with the other sign. */
export function negate({ int, scale }: Decimal): Decimal {
  return { int: oneForm(-int), scale }
}

/** The exact product. */
export function multiply(a: Decimal, b: Decimal): Decimal {
  return { int: times(a.int, b.int), scale: a.scale + b.scale }
}

/** Below, at or above zero where `a` is smaller than, as large as or larger than `b`. */
export function compare(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale)
  const [x, y] = [raise(a, scale), raise(b, scale)]
  return x < y ? -1 : x > y ? 1 : 0
}

/** Its digits, `scale` of them behind the point: trailing zeros stay. */
export function decimalText({ int, scale }: Decimal): string {
  if (scale === 0) return String(int)
  const digits = String(int < 0 ? -int : int).padStart(scale + 1, '0')
  return `${int < 0 ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** The same decimal without trailing zeros behind the point. */
export function trim({ int, scale }: Decimal): Decimal {
  let [kept, left] = [int, scale]
  while (left > 0 && (typeof kept === 'number' ? kept % 10 === 0 : kept % 10n === 0n)) {
    kept = typeof kept === 'number' ? kept / 10 : kept / 10n
    left--
  }
  return left === scale ? { int, scale } : { int: oneForm(kept), scale: left }
}

/** The decimal as an event carries it: a number where it is whole and safe, its digits otherwise. */
export function wireValue(decimal: Decimal): number | string {
  const exact = trim(decimal)
  return exact.scale === 0 && typeof exact.int === 'number' ? exact.int : decimalText(exact)
}

function raise({ int, scale }: Decimal, to: number): number | bigint {
  return scale === to ? int : times(int, powerOfTen(to - scale))
}

function times(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    if (Number.isSafeInteger(product)) return product + 0
  }
  return oneForm(BigInt(a) * BigInt(b))
}

function powerOfTen(exponent: number): number | bigint {
  return exponent < 16 ? 10 ** exponent : 10n ** BigInt(exponent)
}

function oneForm(int: number | bigint): number | bigint {
  const number = Number(int)
  // Adding 0 turns −0, which JSON and comparisons would tell from 0, into 0.
  return Number.isSafeInteger(number) ? number + 0 : int
}

function atLeastWhole(decimal: Decimal): Decimal {
  return decimal.scale < 0 ? { int: raise(decimal, 0), scale: 0 } : decimal
}
