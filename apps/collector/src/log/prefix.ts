/** How many of the first items together measure at most `most`; at least one where there is any. */
export function prefixLength<T>(items: readonly T[], measure: (item: T) => number, most: number): number {
  let sum = 0
  for (let i = 0; i < items.length; i++) {
    sum += measure(items[i]!)
    if (sum > most) return Math.max(1, i)
  }
  return items.length
}
