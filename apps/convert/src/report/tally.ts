import { createFrequent, type Frequent } from './frequent.ts'

/** Why rows were rejected, and one of them. */
export interface Reason {
  count: number
  example: string
}

/** What a run came to, so far. */
export interface Tally {
  /** Rows of all inputs. */
  read: number
  /** Rows that were left out, by the option that says so. */
  leftOut: { '--where': number; '--path-to-parent': number }
  /** Events that were made from rows and that the collector has, from this run or an earlier one. */
  events: number
  /** Of those, the ones that it had before. */
  duplicates: number
  /** Rows that became no event, and events that the collector rejected. */
  rejected: number
  /** Events that the collector dropped. */
  dropped: number
  /** Time of the earliest and the latest event, in milliseconds since 1970. */
  first: number
  last: number
  reasons: Map<string, Reason>
  parents: Frequent
}

/** A tally of nothing. */
export function createTally(): Tally {
  return {
    read: 0,
    leftOut: { '--where': 0, '--path-to-parent': 0 },
    events: 0,
    duplicates: 0,
    rejected: 0,
    dropped: 0,
    first: Number.POSITIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
    reasons: new Map(),
    parents: createFrequent(),
  }
}

/** The line with which `--json` ends. */
export function totalsOf({ read, events, rejected, dropped, duplicates }: Tally) {
  return { read, events, rejected, dropped, duplicates }
}
