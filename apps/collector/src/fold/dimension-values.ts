import type { Dataset } from '@trackable/dataset'

/** The value under which everything past a dimension's cap counts. */
const OTHER = '(other)'

/** New values of one dimension, in the order of the log, for the commit to admit. */
export interface NewValues {
  dataset: string
  dimension: string
  cap: number
  values: string[]
}

/** Which values of each dimension are admitted. */
export interface DimensionValues {
  /** Starts a group: what it proposes counts as admitted within it. */
  propose(): {
    /** The value under which an event counts: its own, or `(other)` past the cap. */
    admit(dataset: number, dimension: number, value: string): string
    proposed(): NewValues[]
    /** After the commit: the proposed values are admitted for good. */
    keep(): void
  }
  /** Takes what the database holds, when another folder has admitted values. */
  reload(rows: { dataset: string; dimension: string; value: string }[]): void
}

/** Admission in log order, once and for good; the database has the last word in the fold's commit. */
export function createDimensionValues(datasets: readonly Dataset[]): DimensionValues {
  const dimensions = datasets.map((dataset) =>
    Object.entries(dataset.dimensions).map(([name, { maxValues }]) => ({
      dataset: dataset.name,
      dimension: name,
      cap: maxValues,
      admitted: new Set<string>(),
    })),
  )
  return {
    propose() {
      const fresh = new Map<(typeof dimensions)[number][number], Set<string>>()
      return {
        admit(dataset, dimension, value) {
          const known = dimensions[dataset]![dimension]!
          if (value === '' || value === OTHER || known.admitted.has(value)) return value
          const proposed = fresh.get(known) ?? new Set()
          if (proposed.has(value)) return value
          if (known.admitted.size + proposed.size >= known.cap) return OTHER
          fresh.set(known, proposed.add(value))
          return value
        },
        proposed: () =>
          [...fresh].map(([{ dataset, dimension, cap }, values]) => ({
            dataset,
            dimension,
            cap,
            values: [...values],
          })),
        keep() {
          for (const [known, values] of fresh) for (const value of values) known.admitted.add(value)
        },
      }
    },
    reload(rows) {
      for (const known of dimensions.flat()) {
        const mine = rows.filter((row) => row.dataset === known.dataset && row.dimension === known.dimension)
        known.admitted = new Set(mine.map(({ value }) => value))
      }
    },
  }
}
