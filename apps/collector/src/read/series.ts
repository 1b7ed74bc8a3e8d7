import type { Grain } from '@trackable/dataset'
import { tablesOf } from '@trackable/dataset/drizzle'
import { zoneClock } from '@trackable/dataset/fold'
import { LIMITS } from '@trackable/protocol'
import { and, eq, gte, lt, type SQL, sql } from 'drizzle-orm'
import { type Refusal, refuse } from '../answer.ts'
import type { Db } from '../db/connect.ts'
import type { Asked } from './access.ts'
import type { Row } from './json.ts'
import {
  type AnyTables,
  expressions,
  holdsTooMany,
  pick,
  results,
  storedParent,
  tooManyStates,
} from './totals.ts'

/** What a read of a series asks: `[from, to)`, `from` brought down to the start of its bucket. */
export interface SeriesQuery extends Asked {
  /** One parent, or undefined for all of them together. */
  parent: string | undefined
  grain: Grain
  from: number
  to: number
}

/** Buckets in order, gaps filled with zeros (for each combination of `by` that is there). */
export async function readSeries(db: Db, schema: string, query: SeriesQuery): Promise<Row[] | Refusal> {
  const { dataset, by, grain } = query
  const clock = zoneClock(dataset.series!.zone)
  const buckets: number[] = []
  for (let at = clock.bucketOf(query.from, grain); at < query.to; at = clock.nextBucket(at, grain)) {
    buckets.push(at)
    if (buckets.length > LIMITS.readRows) return tooMany()
  }
  if (buckets.length === 0) return []
  const rows = await select(db, schema, query, buckets[0]!)
  if ('code' in rows) return rows
  const combinations = new Map<string, { values: Record<string, string>; byBucket: Map<number, Row> }>()
  if (by.length === 0) combinations.set('[]', { values: {}, byBucket: new Map() })
  for (const row of rows) {
    const values = Object.fromEntries(by.map((name) => [name, row[name]!]))
    const key = JSON.stringify(Object.values(values))
    const combination = combinations.get(key) ?? { values, byBucket: new Map() }
    combination.byBucket.set(Number(row.bucket), results(query, row))
    combinations.set(key, combination)
  }
  if (buckets.length * combinations.size > LIMITS.readRows) return tooMany()
  const empty = results(query, {})
  const sorted = [...combinations].sort(([a], [b]) => (a < b ? -1 : 1))
  return buckets.flatMap((at) =>
    sorted.map(([, { values, byBucket }]) => ({
      bucket: clock.iso(at).replace('.000', ''),
      ...values,
      ...(byBucket.get(at) ?? empty),
    })),
  )
}

async function select(
  db: Db,
  schema: string,
  query: SeriesQuery,
  from: number,
): Promise<Record<string, string>[] | Refusal> {
  const { dataset, by, grain, parent, to } = query
  const table = (tablesOf(dataset, schema) as unknown as AnyTables)[grain]!
  const stored = parent === undefined ? undefined : storedParent(dataset.parent, parent)
  if (parent !== undefined && stored === undefined) return []
  const bucket = sql<string>`(extract(epoch from ${table.bucket}) * 1000)::bigint::text`
  const where = and(
    gte(table.bucket!, new Date(from)),
    lt(table.bucket!, new Date(to)),
    stored === undefined ? undefined : eq(table.parent!, stored),
  )
  if (await holdsTooMany(db, query, sql`${table} where ${where}`)) return tooManyStates()
  const group = [table.bucket!, ...by.map((name) => table[name]!)]
  return (await db
    .select({ bucket, ...pick(table, by), ...expressions(query) } as Record<string, SQL<string>>)
    .from(table)
    .where(where)
    .groupBy(...group)
    .orderBy(...group)
    .limit(LIMITS.readRows + 1)) as Record<string, string>[]
}

function tooMany(): Refusal {
  return refuse('malformed', `more than ${LIMITS.readRows} rows; ask for a shorter span or a wider grain`)
}
