import { isAggregateFailure } from '@trackable/dataset/fold'
import { isAboutValue, sqlStateOf } from '../db/errors.ts'
import type { Entry } from '../log/event-log.ts'
import { reasonOf } from '../report.ts'
import type { Commit, Material, Settled } from './batches.ts'
import type { Dead } from './resolve.ts'

/** The one batch whose commit the database refuses for a value in it. */
export interface PoisonSearch {
  entry: Entry
  settled: ReadonlyMap<string, Settled>
  build(material: Material): Promise<Commit>
  /** Tries a commit and rolls it back. @throws what the database says where it would fail */
  probe(commit: Commit): Promise<unknown>
}

const OUT_OF_RANGE = '22003'
const NOT_YET: Dead = { code: 'database_refused', message: '' }

/**
 * Finds the events that make the commit of a batch fail, by halving: events are added to those that passed as long
 * as a probe (a commit that is rolled back) passes. Two events that only fail together cost the later one.
 */
export async function findPoison({ entry, settled, build, probe }: PoisonSearch): Promise<Map<string, Dead>> {
  const key = (index: number) => `${entry.position}#${index}`
  const poison = new Map<string, Dead>(entry.batch.events.map((_, index) => [key(index), NOT_YET]))

  async function whyNot(indexes: number[]): Promise<Dead | undefined> {
    const left = new Map(poison)
    for (const index of indexes) left.delete(key(index))
    const commit = await build({ entries: [entry], settled, poison: left })
    try {
      await probe({ ...commit, dead: [] })
      return undefined
    } catch (error) {
      if (!isAboutEvent(error)) throw error
      return deadBy(error)
    }
  }

  async function take(indexes: number[]): Promise<void> {
    const why = await whyNot(indexes)
    if (!why) {
      for (const index of indexes) poison.delete(key(index))
    } else if (indexes.length === 1) {
      poison.set(key(indexes[0]!), why)
    } else {
      const middle = Math.ceil(indexes.length / 2)
      await take(indexes.slice(0, middle))
      await take(indexes.slice(middle))
    }
  }

  await take(entry.batch.events.map((_, index) => index))
  return poison
}

/** True where an event is at fault: for a value that the database refuses, or for what a `custom()` field does with it. */
export function isAboutEvent(error: unknown): boolean {
  return isAboutValue(error) || isAggregateFailure(error)
}

function deadBy(error: unknown): Dead {
  if (isAggregateFailure(error)) return { code: 'aggregate_failed', message: error.message }
  const code = sqlStateOf(error) === OUT_OF_RANGE ? 'overflow' : 'database_refused'
  return { code, message: reasonOf(error) }
}
