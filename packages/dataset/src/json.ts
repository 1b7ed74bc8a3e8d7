/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * The one text of a JSON value: keys in order, so that equal values have equal texts.
 * @throws TypeError for what JSON would lose or change: undefined, NaN, a function, a Map, a Date, a cycle
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(ordered(value, 0))
}

const MOST_LEVELS = 64

function ordered(value: unknown, level: number): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value !== 'object' || level > MOST_LEVELS) throw notJson(value)
  if (Array.isArray(value)) return Array.from(value, (inner) => ordered(inner, level + 1))
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw notJson(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner, level + 1)]))
}

function notJson(value: unknown): TypeError {
  const shown = typeof value === 'object' ? Object.prototype.toString.call(value) : String(value)
  return new TypeError(
    `${shown.slice(0, 60)} is no JSON; expected null, booleans, finite numbers, text, lists and plain objects`,
  )
}
