/** Events by code. */
export type CountsByCode = Readonly<Record<string, number>>

/** Both together. The first where there is nothing to add, so that the usual case makes nothing new. */
export function plusCounts(a: CountsByCode, b: CountsByCode | undefined): CountsByCode {
  const added = Object.entries(b ?? {})
  if (added.length === 0) return a
  const sum: Record<string, number> = { ...a }
  for (const [code, count] of added) sum[code] = (sum[code] ?? 0) + count
  return sum
}

/** What `a` has more than `b`. Codes that come to nothing are left out, so that equal counts look equal. */
export function minusCounts(a: CountsByCode, b: CountsByCode): CountsByCode {
  const rest = Object.entries(a).map(([code, count]) => [code, count - (b[code] ?? 0)] as const)
  return Object.fromEntries(rest.filter(([, count]) => count !== 0))
}

/** All codes together. */
export function totalCount(counts: CountsByCode | undefined): number {
  return Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0)
}
