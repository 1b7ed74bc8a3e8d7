import type { Dataset } from '@trackable/dataset'
import type { AdmittedValue, NewValues } from '../db/fold-database.ts'
import type { ResolvedEvent } from './resolve.ts'

/** The value under which everything past a dimension's cap counts. */
const OTHER = '(other)'

/** Which values of each dimension are admitted. */
export interface DimensionValues {
  /** Starts a group: what it proposes counts as admitted within it. */
  propose(): {
    /** The event with the values under which it counts: its own, or `(other)` past the cap. */
    admitted(event: ResolvedEvent): ResolvedEvent
    /** The event that was asked about last counts: what it needs is proposed. One that does not uses nothing up. */
    take(): void
    proposed(): NewValues[]
    /** After the commit: the proposed values are admitted for good. */
    keep(): void
  }
  /** Takes what the database holds, when another folder has admitted values. */
  reload(rows: readonly AdmittedValue[]): void
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
      let needed: { known: (typeof dimensions)[number][number]; value: string }[] = []
      const admit = (dataset: number, dimension: number, value: string): string => {
        const known = dimensions[dataset]![dimension]!
        if (value === '' || value === OTHER || known.admitted.has(value)) return value
        const proposed = fresh.get(known)
        if (proposed?.has(value)) return value
        if (known.admitted.size + (proposed?.size ?? 0) >= known.cap) return OTHER
        needed.push({ known, value })
        return value
      }
      return {
        admitted(event) {
          if (needed.length > 0) needed = []
          if (event.dimensions.length === 0) return event
          return { ...event, dimensions: event.dimensions.map((value, i) => admit(event.dataset, i, value)) }
        },
        take() {
          for (const { known, value } of needed) fresh.set(known, (fresh.get(known) ?? new Set()).add(value))
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
