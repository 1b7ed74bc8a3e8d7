/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * The one text of a JSON value: keys in order, so that equal values have equal texts.
 * @throws TypeError for what JSON would lose or change, undefined, NaN, a function, a Map, a Date, a cycle; and for text
 *   that is not storable
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(ordered(value, 0))
}

/** Text that every store keeps as it is: no NUL, which Postgres refuses, and no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  // Under the flag u only halves of pairs match.
  return !text.includes('\u0000') && !/\p{Surrogate}/u.test(text)
}

const MOST_LEVELS = 64

function ordered(value: unknown, level: number): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return storable(value)
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value !== 'object' || level > MOST_LEVELS) throw notJson(value)
  if (Array.isArray(value)) return Array.from(value, (inner) => ordered(inner, level + 1))
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw notJson(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [storable(key), ordered(inner, level + 1)]))
}

function storable(text: string): string {
  if (isStorable(text)) return text
  const shown = JSON.stringify(text.slice(0, 60))
  throw new TypeError(`${shown} has a NUL or half of a surrogate pair, which no store keeps`)
}

function notJson(value: unknown): TypeError {
  const shown = typeof value === 'object' ? Object.prototype.toString.call(value) : String(value)
  return new TypeError(
    `${shown.slice(0, 60)} is no JSON; expected null, booleans, finite numbers, text, lists and plain objects`,
  )
}
