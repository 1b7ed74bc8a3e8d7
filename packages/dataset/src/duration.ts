const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/**
 * Reads a duration such as `90d`, `72h`, `15m`, `1s` or `2w` and gives milliseconds; undefined if it is none.
 * @example durationMs('72h') // 259200000
 */
export function durationMs(text: string): number | undefined {
  const match = /^(\d{1,9})(s|m|h|d|w)$/.exec(text)
  if (!match) return undefined
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
}
