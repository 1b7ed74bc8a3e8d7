import type { Dataset } from '@trackable/dataset'
import { probeFold } from '../db/commit.ts'
import type { Db } from '../db/connect.ts'
import { isAboutValue, sqlStateOf } from '../db/errors.ts'
import type { Entry } from '../log/event-log.ts'
import { reasonOf } from '../report.ts'
import { buildCommit } from './batches.ts'
import { toInput } from './commit-input.ts'
import type { DimensionValues } from './dimension-values.ts'
import type { createResolver, Dead } from './resolve.ts'

/** The one batch whose commit the database refuses for a value in it. */
export interface PoisonSearch {
  db: Db
  schema: string
  datasets: readonly Dataset[]
  resolve: ReturnType<typeof createResolver>
  values: DimensionValues
  entry: Entry
  known: ReadonlySet<string>
  expected: string | null
  log: string
}

const OUT_OF_RANGE = '22003'
const NOT_YET: Dead = { code: 'database_refused', message: '' }

/**
 * Finds the events that make the commit of a batch fail, by halving: events are added to those that passed as long
 * as a probe (a commit that is rolled back) passes. Two events that only fail together cost the later one.
 */
export async function findPoison(search: PoisonSearch): Promise<Map<string, Dead>> {
  const { entry } = search
  const key = (index: number) => `${entry.position}#${index}`
  const poison = new Map<string, Dead>(entry.batch.events.map((_, index) => [key(index), NOT_YET]))

  async function passes(indexes: number[]): Promise<Dead | undefined> {
    const left = new Map(poison)
    for (const index of indexes) left.delete(key(index))
    const material = { entries: [entry], known: search.known, poison: left }
    const commit = await buildCommit(search.datasets, search.resolve, search.values, material)
    try {
      await probeFold(search.db, search.schema, toInput(search.log, search.expected, { ...commit, dead: [] }))
      return undefined
    } catch (error) {
      if (!isAboutValue(error)) throw error
      const code = sqlStateOf(error) === OUT_OF_RANGE ? 'overflow' : 'database_refused'
      return { code, message: reasonOf(error) }
    }
  }

  async function take(indexes: number[]): Promise<void> {
    const why = await passes(indexes)
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
