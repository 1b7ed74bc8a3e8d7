const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/

/** An ISO 8601 time with its offset, in milliseconds since 1970; undefined where it is none. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length > 40) return undefined
  const at = parseJsonTime(value)
  if (at !== undefined) return at
  const match = ISO.exec(value)
  if (!match) return undefined
  const parsed = Date.parse(value)
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  return Number.isNaN(parsed) || year < 1 || day > daysIn(year, month) ? undefined : parsed
}

/**
 * The form that `toJSON` gives, `2026-11-24T10:00:00.000Z`: what nearly every event carries. Reading its digits takes
 * a third of the time of the regular expression and `Date.parse`, which were 5 % of a whole request.
 */
function parseJsonTime(text: string): number | undefined {
  if (text.length !== 24 || text[10] !== 'T' || text[19] !== '.' || text[23] !== 'Z') return undefined
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return undefined
  const year = digits(text, 0, 4)
  const [month, day] = [digits(text, 5, 7), digits(text, 8, 10)]
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)]
  const ms = digits(text, 20, 23)
  // Not a digit is NaN, for which no comparison holds.
  const sound =
    year >= 100 && month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 59
  if (!sound || !(ms >= 0) || day > daysIn(year, month)) return undefined
  return Date.UTC(year, month - 1, day, hour, minute, second, ms)
}

function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** `Date.parse` turns 31 February into 3 March. */
function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
