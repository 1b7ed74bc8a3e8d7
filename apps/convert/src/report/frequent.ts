/** The most frequent of many names, in bounded memory. */
export interface Frequent {
  add(name: string): void
  /** The most frequent ones; `exact` is false where rare names had to be forgotten. */
  top(count: number): { names: [name: string, times: number][]; exact: boolean }
}

const MOST_NAMES = 100_000

/**
 * Counts names by lossy counting (Manku and Motwani, 2002): when there are too many, the rarest are forgotten, and
 * the limit below which a name is forgotten grows by one each time.
 */
export function createFrequent(most = MOST_NAMES): Frequent {
  const counts = new Map<string, number>()
  let forgotten = 0
  return {
    add(name) {
      const times = counts.get(name)
      counts.set(times === undefined ? ownText(name) : name, (times ?? forgotten) + 1)
      while (counts.size > most) {
        forgotten++
        for (const [known, times] of counts) if (times <= forgotten) counts.delete(known)
      }
    },
    top: (count) => ({
      names: [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, count),
      exact: forgotten === 0,
    }),
  }
}

/** A text of its own: a part of another one, such as a cell of its chunk of the input, keeps all of that in memory. */
function ownText(part: string): string {
  return JSON.parse(JSON.stringify(part)) as string
}
