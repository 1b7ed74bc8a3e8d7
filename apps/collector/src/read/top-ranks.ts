import type { Dataset } from '@trackable/dataset'
import { type Column, columnOf, layoutOf, tableOf, zoneClock } from '@trackable/dataset/fold'
import { type SQL, sql } from 'drizzle-orm'
import type { Refusal } from '../answer.ts'
import { bareType, PARENT_TYPES, rankedColumn } from '../db/columns.ts'
import { type Db, rowsOf } from '../db/connect.ts'
import { fieldExpression, fieldOrder, fieldResult } from '../db/field-reads.ts'
import { arrayLiteral, qualified, quoted } from '../db/names.ts'
import type { Span } from './span.ts'
import { holdsTooMany, tooManyStates } from './totals.ts'

/** What is put in order: parents, or parents with dimensions, by a field. */
export interface Ranking {
  dataset: Dataset
  /** Dimensions that rows are told apart by. */
  by: string[]
  field: string
  /** Undefined for the totals. */
  span: Span | undefined
}

/** The column of the totals that says the order of a field; undefined where it has none. */
export function rankedField(dataset: Dataset, name: string): Column | undefined {
  return rankedColumn(layoutOf(dataset)[0]!.fields.find(({ field }) => field === name)!)
}

/** The table that a top is read from. */
export function tableOfTop(schema: string, { dataset, by, span }: Ranking): SQL {
  const kind = span?.grain ?? (by.length > 0 ? 'dimensions' : 'totals')
  return sql.raw(qualified(schema, tableOf(dataset.name, kind)))
}

/** The columns that rows are told apart by. */
export function keysOf({ by }: Ranking): SQL[] {
  return ['parent', ...by].map(column)
}

/** The column of a field or dimension, or of the parent. */
export function column(name: string): SQL {
  return sql.raw(quoted(columnOf(name)))
}

/** The condition of a span on its buckets. */
export function within({ dataset, span }: Ranking): SQL {
  if (!span) return sql`true`
  const from = zoneClock(dataset.series!.zone).bucketOf(span.from, span.grain)
  const at = (time: number) => sql`${new Date(time).toISOString()}::timestamptz`
  return sql`bucket >= ${at(from)} and bucket < ${at(span.to)}`
}

/**
 * A query of keys with what puts them in order, `"_rank"`: the totals as they are, so that their index gives the order;
 * otherwise what is added up for it, by Postgres where SQL can say it.
 */
export async function readRanks(db: Db, schema: string, ranking: Ranking): Promise<SQL | Refusal> {
  const { dataset, by, field, span } = ranking
  const table = tableOfTop(schema, ranking)
  if (!span && by.length === 0) {
    const rank = sql.raw(quoted(rankedField(dataset, field)!.name))
    return sql`select parent, ${rank} as "_rank" from ${table} where ${rank} is not null`
  }
  const order = fieldOrder(field, dataset.fields[field]!)
  if (!order) return mergedRanks(db, ranking, sql`${table} where ${within(ranking)}`)
  const keys = sql.join(keysOf(ranking), sql`, `)
  return sql`select ${keys}, ${order} as "_rank" from ${table} where ${within(ranking)} group by ${keys} having ${order} is not null`
}

/** How many values uniques of several rows have seen is known of their union only. */
async function mergedRanks(db: Db, ranking: Ranking, from: SQL): Promise<SQL | Refusal> {
  const { dataset, field } = ranking
  const definition = dataset.fields[field]!
  if (await holdsTooMany(db, { dataset, fields: [field] }, from)) return tooManyStates()
  const keys = keysOf(ranking)
  const texts = keys.map((key) => sql`${key}::text`)
  const groups = await rowsOf<{ keys: string; states: string }>(
    db,
    sql`select json_build_array(${sql.join(texts, sql`, `)})::text as keys, ${fieldExpression(field, definition)} as states
      from ${from} group by ${sql.join(keys, sql`, `)}`,
  )
  const counted = groups.flatMap(({ keys, states }) => {
    const result = fieldResult(definition, states)
    const count = 'json' in result ? result.json : result.digits
    // A state that cannot be read is in no place.
    return count === 'null' ? [] : [{ key: JSON.parse(keys) as string[], count }]
  })
  const rows = counted.map(({ key }) => key)
  const counts = counted.map(({ count }) => count)
  const types = [bareType(PARENT_TYPES[dataset.parent]), ...ranking.by.map(() => 'text')]
  const arrays = types.map((type, i) => sql`${arrayLiteral(rows.map((row) => row[i]!))}::${sql.raw(type)}[]`)
  return sql`select * from unnest(${sql.join(arrays, sql`, `)}, ${arrayLiteral(counts)}::bigint[]) as ranked(${sql.join(keys, sql`, `)}, "_rank")`
}
