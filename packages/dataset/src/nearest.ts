function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, substituted))
    }
    row = next
  }
  return row[b.length] as number
}

/**
 * The allowed name that is closest to a wrong one, for error messages; undefined where none is close.
 * Levenshtein distance over at most the first 64 characters, letter case ignored.
 */
export function nearest(wrong: string, allowed: readonly string[]): string | undefined {
  const from = wrong.slice(0, 64).toLowerCase()
  let best: string | undefined
  let least = Math.max(2, Math.ceil(from.length / 3)) + 1
  for (const name of allowed) {
    const d = distance(from, name.toLowerCase())
    if (d < least) {
      least = d
      best = name
    }
  }
  return best
}

/** `did you mean "x"?` where a name is close, otherwise the list of what is allowed. */
export function suggestion(wrong: string, allowed: readonly string[]): string {
  const near = nearest(wrong, allowed)
  if (near !== undefined) return `did you mean ${JSON.stringify(near)}?`
  return allowed.length > 0 ? `allowed: ${allowed.slice(0, 20).join(', ')}` : 'none is declared'
}
