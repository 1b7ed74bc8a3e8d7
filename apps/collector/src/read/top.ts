import type { Dataset } from '@trackable/dataset'
import { columnOf, tableOf, zoneClock } from '@trackable/dataset/fold'
import { type SQL, sql } from 'drizzle-orm'
import { bareType, COLUMN_RULES, PARENT_TYPES } from '../db/columns.ts'
import { type Db, rowsOf } from '../db/connect.ts'
import { qualified, quoted } from '../db/names.ts'
import type { Asked } from './access.ts'
import type { Row } from './json.ts'
import type { Span } from './span.ts'

/** What is asked of the top: parents in falling order of a field, equal ones in the order of their names. */
export interface TopQuery extends Asked {
  field: string
  limit: number
  /** Undefined for the totals. */
  span: Span | undefined
  after: Cursor | undefined
}

/** Where an answer ended. */
export interface Cursor {
  value: string
  parent: string
  dimensions: string[]
}

const INT64_DIGITS = 18

/** Whether parents can be put in order by a field. */
export function isRanked(dataset: Dataset, field: string): boolean {
  return COLUMN_RULES[dataset.fields[field]!.kind].ranked
}

/** Up to `limit` rows, and a cursor to what follows; null at the end. */
export async function readTop(
  db: Db,
  schema: string,
  query: TopQuery,
): Promise<{ rows: Row[]; cursor: string | null }> {
  const { by, field, fields, limit } = query
  const found = await rowsOf<Record<string, string>>(
    db,
    sql`select ${selected(query)} from ${source(schema, query)} as t where ${behind(query)}
      order by ${column(field)} desc, ${keyList(query)} limit ${limit + 1}::int`,
  )
  const shown = found.slice(0, limit)
  const last = found.length > limit ? shown.at(-1) : undefined
  const rows = shown.map((row): Row => {
    const keys = ['parent', ...by].map((name) => [name, row[`key ${name}`]!])
    const values = fields.map((name) => [name, { digits: row[`field ${name}`]! }])
    return Object.fromEntries([...keys, ...values])
  })
  const cursor = last && {
    value: last.rank!,
    parent: last['key parent']!,
    dimensions: by.map((name) => last[`key ${name}`]!),
  }
  return { rows, cursor: cursor ? cursorText(cursor) : null }
}

function selected({ by, field, fields }: TopQuery): SQL {
  const columns = [
    ...['parent', ...by].map((name) => sql`t.${column(name)}::text as ${alias(`key ${name}`)}`),
    ...fields.map((name) => sql`t.${column(name)}::text as ${alias(`field ${name}`)}`),
    sql`t.${column(field)}::text as rank`,
  ]
  return sql.join(columns, sql`, `)
}

/** The totals as they are, so that their index gives the order; otherwise what is added up for it. */
function source(schema: string, { dataset, by, field, fields, span }: TopQuery): SQL {
  const table = sql.raw(
    qualified(schema, tableOf(dataset.name, span?.grain ?? (by.length > 0 ? 'dimensions' : 'totals'))),
  )
  if (!span && by.length === 0) return table
  const keys = sql.join(['parent', ...by].map(column), sql`, `)
  const added = [...new Set([field, ...fields])].map((name) => sql`sum(${column(name)}) as ${column(name)}`)
  return sql`(select ${keys}, ${sql.join(added, sql`, `)} from ${table} where ${within(dataset, span)} group by ${keys})`
}

function within(dataset: Dataset, span: Span | undefined): SQL {
  if (!span) return sql`true`
  const from = zoneClock(dataset.series!.zone).bucketOf(span.from, span.grain)
  const at = (time: number) => sql`${new Date(time).toISOString()}::timestamptz`
  return sql`bucket >= ${at(from)} and bucket < ${at(span.to)}`
}

function behind(query: TopQuery): SQL {
  const { dataset, field, after, by, span } = query
  if (!after) return sql`true`
  // The sum of whole numbers is no whole number of 64 bits any more, and a cursor may be anything.
  const whole = !span && by.length === 0 && after.value.length <= INT64_DIGITS
  const type = whole ? COLUMN_RULES[dataset.fields[field]!.kind].type : 'numeric'
  const value = sql`${after.value}::${sql.raw(type)}`
  const parent = sql`${after.parent}::${sql.raw(bareType(PARENT_TYPES[dataset.parent]))}`
  const keys = sql.join([parent, ...after.dimensions.map((text) => sql`${text}::text`)], sql`, `)
  // Said twice, because an index is entered at the first.
  return sql`${column(field)} <= ${value} and (${column(field)} < ${value} or (${keyList(query)}) > (${keys}))`
}

function keyList({ by }: TopQuery): SQL {
  return sql.join(['parent', ...by].map(column), sql`, `)
}

function column(name: string): SQL {
  return sql.raw(quoted(columnOf(name)))
}

function alias(name: string): SQL {
  return sql.raw(quoted(name))
}

function cursorText({ value, parent, dimensions }: Cursor): string {
  return Buffer.from(JSON.stringify([value, parent, ...dimensions])).toString('base64url')
}

/** Reads a cursor of a query by so many dimensions; undefined where it is none. */
export function parseCursor(text: string, dimensions: number): Cursor | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (!Array.isArray(parts) || parts.length !== 2 + dimensions) return undefined
    if (!parts.every((part) => typeof part === 'string' && !part.includes('\u0000'))) return undefined
    const [value, parent, ...rest] = parts as [string, string, ...string[]]
    return /^-?\d{1,60}(\.\d{1,60})?$/.test(value) ? { value, parent, dimensions: rest } : undefined
  } catch {
    return undefined
  }
}
