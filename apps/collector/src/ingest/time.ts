const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/

/** An ISO 8601 time with its offset, in milliseconds since 1970; undefined where it is none. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length > 40) return undefined
  const match = ISO.exec(value)
  if (!match) return undefined
  // `Date.parse` turns 31 February into 3 March.
  const day = Number(match[3])
  if (day > new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate() || Number(match[1]) < 1)
    return undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}
