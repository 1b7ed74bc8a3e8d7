import { type SQL, sql } from 'drizzle-orm'
import type { Refusal } from '../answer.ts'
import { bareType, PARENT_TYPES } from '../db/columns.ts'
import { type Db, rowsOf } from '../db/connect.ts'
import { fieldExpression, fieldResult } from '../db/field-reads.ts'
import { quoted } from '../db/names.ts'
import type { Row } from './json.ts'
import { column, keysOf, type Ranking, rankedField, readRanks, tableOfTop, within } from './top-ranks.ts'
import { holdsTooMany, tooManyStates } from './totals.ts'

/** What is asked of the top: parents in falling order of a field, equal ones in the order of their names. */
export interface TopQuery extends Ranking {
  fields: string[]
  quantiles: readonly number[]
  limit: number
  after: Cursor | undefined
}

/** Where an answer ended. */
export interface Cursor {
  value: string
  parent: string
  dimensions: string[]
}

const INT64_DIGITS = 18

/** Up to `limit` rows, and a cursor to what follows; null at the end. A parent that has no value is in no place. */
export async function readTop(
  db: Db,
  schema: string,
  query: TopQuery,
): Promise<{ rows: Row[]; cursor: string | null } | Refusal> {
  const { by, dataset, fields, limit, quantiles, span } = query
  const ranks = await readRanks(db, schema, query)
  if ('code' in ranks) return ranks
  const from = sql`${ranking(query, ranks)} as r join ${tableOfTop(schema, query)} as t
    on ${sql.join(
      keysOf(query).map((key) => sql`t.${key} = r.${key}`),
      sql` and `,
    )} where ${within(query)}`
  if ((span || by.length > 0) && (await holdsTooMany(db, query, from))) return tooManyStates()
  const keys = sql.join(
    keysOf(query).map((key) => sql`r.${key}`),
    sql`, `,
  )
  const found = await rowsOf<Record<string, string | null>>(
    db,
    sql`select ${selected(query)} from ${from} group by r."_rank", ${keys} order by r."_rank" desc, ${keys}`,
  )
  const shown = found.slice(0, limit)
  const last = found.length > limit ? shown.at(-1) : undefined
  const keyOf = (row: Record<string, string | null>) => ['parent', ...by].map((name) => row[`key ${name}`]!)
  const rows = shown.map((row): Row => {
    const key = keyOf(row)
    const results = fields.map((name) => [
      name,
      fieldResult(dataset.fields[name]!, row[`field ${name}`] ?? null, quantiles),
    ])
    return Object.fromEntries([...['parent', ...by].map((name, i) => [name, key[i]]), ...results])
  })
  return { rows, cursor: last ? cursorText([last.rank!, ...keyOf(last)]) : null }
}

function selected({ dataset, by, fields }: TopQuery): SQL {
  const columns = [
    ...['parent', ...by].map((name) => sql`r.${column(name)}::text as ${alias(`key ${name}`)}`),
    ...fields.map(
      (name) => sql`${fieldExpression(name, dataset.fields[name]!)} as ${alias(`field ${name}`)}`,
    ),
    sql`r."_rank"::text as rank`,
  ]
  return sql.join(columns, sql`, `)
}

/** The keys of the page and one more, with what they are in order of. */
function ranking(query: TopQuery, ranks: SQL): SQL {
  const keys = sql.join(keysOf(query), sql`, `)
  return sql`(select * from (${ranks}) as s where ${behind(query)} order by "_rank" desc, ${keys} limit ${query.limit + 1}::int)`
}

function behind(query: TopQuery): SQL {
  const { dataset, after } = query
  if (!after) return sql`true`
  const value = rankValue(query, after.value)
  const parent = sql`${after.parent}::${sql.raw(bareType(PARENT_TYPES[dataset.parent]))}`
  const keys = sql.join([parent, ...after.dimensions.map((text) => sql`${text}::text`)], sql`, `)
  // Said twice, because an index is entered at the first.
  return sql`"_rank" <= ${value} and ("_rank" < ${value} or (${sql.join(keysOf(query), sql`, `)}) > (${keys}))`
}

/** A cursor may be anything, and the sum of whole numbers is no whole number of 64 bits any more. */
function rankValue({ dataset, field, span, by }: TopQuery, text: string): SQL {
  const { type } = rankedField(dataset, field)!
  if (type === 'double precision') return sql`${String(Number(text))}::double precision`
  const whole = type === 'bigint' && !span && by.length === 0 && /^-?\d+$/.test(text)
  return whole && text.length <= INT64_DIGITS ? sql`${text}::bigint` : sql`${text}::numeric`
}

function alias(name: string): SQL {
  return sql.raw(quoted(name))
}

function cursorText(parts: string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** Reads a cursor of a query by so many dimensions; undefined where it is none. */
export function parseCursor(text: string, dimensions: number): Cursor | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (!Array.isArray(parts) || parts.length !== 2 + dimensions) return undefined
    if (!parts.every((part) => typeof part === 'string' && !part.includes('\u0000'))) return undefined
    const [value, parent, ...rest] = parts as [string, string, ...string[]]
    const isNumber = /^-?\d{1,60}(\.\d{1,60})?(e[+-]?\d{1,3})?$/.test(value) && Number.isFinite(Number(value))
    return isNumber ? { value, parent, dimensions: rest } : undefined
  } catch {
    return undefined
  }
}
