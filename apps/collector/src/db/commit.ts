import { decimalOf, type FieldColumn, type Int, type TableLayout } from '@trackable/dataset/fold'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, rowsOf } from './connect.ts'
import { sqlStateOf } from './errors.ts'
import { PROBE_STATE } from './internal-sql.ts'
import { arrayLiteral, qualified } from './names.ts'
import { foldFunctionName, foldTypes } from './tables-sql.ts'

/** One table's deltas as the statement takes them. */
interface TableRows {
  layout: TableLayout
  rows: { parent: string; bucket: number; dimensions: string[]; states: Int[] }[]
}

/** What a commit writes, in the database's terms. */
export interface CommitInput {
  log: string
  expected: string | null
  next: string
  batches: { id: string; position: string; arrival: number }[]
  imports: {
    id: string
    name: string
    generation: number
    from: number
    to: number
    events: number
    position: string
    arrived: string
  }[]
  /** received, accepted, rejected, dropped, folded, dead, duplicates */
  counts: number[]
  dead: unknown[]
  values: unknown[]
  tables: TableRows[]
}

/** How a commit ended. `moved`: another folder was first. `known`: these ids have counted; nothing was written. */
export type CommitOutcome =
  | { outcome: 'committed' }
  | { outcome: 'moved'; stored: string | null }
  | { outcome: 'known'; known: Set<string> }

/**
 * Guarantee 2 stands here: offset compare-and-set, batch ids, deltas, dead letters and counts change in this one
 * statement, and so in one transaction of the database, or not at all. Where the answer is lost the caller reads
 * the offset again. One statement, because a transaction of several over postgres.js was seen to commit another
 * caller's rows after a lost connection (porsager/postgres #1216). Proven by `fold.test.ts` ("of two folds on one
 * log, lets one win", "of the same batch in two logs, folded at once, counts one") and, through kills and repeats, by
 * `test/order-lines.test.ts`.
 */
export async function commitFold(db: Db, schema: string, input: CommitInput): Promise<CommitOutcome> {
  const rows = await rowsOf<{ outcome: string; stored: string | null; known: string | null }>(
    db,
    statement(schema, input, []),
  )
  const { outcome, stored, known } = rows[0]!
  if (outcome === 'committed') return { outcome }
  if (outcome === 'moved') return { outcome, stored }
  return { outcome: 'known', known: new Set(JSON.parse(known ?? '[]')) }
}

/**
 * Tries a commit and rolls it back, to learn whether its values are sound.
 * @throws what the database says where they are not
 */
export async function probeFold(db: Db, schema: string, input: CommitInput): Promise<void> {
  try {
    await db.execute(statement(schema, input, [sql`${sql.raw(qualified(schema, '_fold_probe'))}()`]))
  } catch (error) {
    if (sqlStateOf(error) !== PROBE_STATE) throw error
  }
}

function statement(schema: string, input: CommitInput, more: SQL[]): SQL {
  const { batches } = input
  const begin = sql`${sql.raw(qualified(schema, '_fold_begin'))}(
    ${input.log}::text, ${input.expected}::text, ${input.next}::text,
    ${arrayLiteral(batches.map(({ id }) => id))}::uuid[],
    ${arrayLiteral(batches.map(({ position }) => position))}::text[],
    ${arrayLiteral(batches.map(({ arrival }) => timestamp(arrival)))}::timestamptz[],
    ${JSON.stringify(input.imports)}::jsonb, ${arrayLiteral(input.counts)}::bigint[],
    ${JSON.stringify(input.dead)}::jsonb, ${JSON.stringify(input.values)}::jsonb)`
  const folds = [...input.tables.map((table) => foldCall(schema, table)), ...more]
  // Evaluated from left to right, in the order of table names: that is the order in which rows are locked.
  const merge =
    folds.length > 0
      ? sql`case when f.outcome = 'committed' then ${sql.join(folds, sql` and `)} end`
      : sql`true`
  return sql`select f.outcome, f.stored, array_to_json(f.known)::text as known, ${merge} as merged from ${begin} as f`
}

function foldCall(schema: string, { layout, rows }: TableRows): SQL {
  const keys: (string | number)[][] = [rows.map(({ parent }) => parent)]
  if (layout.bucket) keys.push(rows.map(({ bucket }) => timestamp(bucket)))
  layout.dimensions.forEach((_, i) => {
    keys.push(rows.map(({ dimensions }) => dimensions[i]!))
  })
  const fields = layout.fields.map((field, i) => rows.map(({ states }) => deltaOf(field, states[i]!)))
  const types = foldTypes(layout)
  const parameters = [...keys, ...fields].map(
    (values, i) => sql`${arrayLiteral(values)}::${sql.raw(types[i]!)}[]`,
  )
  return sql`${sql.raw(qualified(schema, foldFunctionName(layout.name)))}(${sql.join(parameters, sql`, `)})`
}

function deltaOf({ definition }: FieldColumn, state: Int): string {
  return definition.kind === 'sum' ? decimalOf(state, definition.scale) : String(state)
}

function timestamp(at: number): string {
  return new Date(at).toISOString()
}

/** A log's offset and counts; undefined for a log that has folded nothing. */
export async function readLog(
  db: Db,
  schema: string,
  log: string,
): Promise<Record<string, string> | undefined> {
  const table = sql.raw(qualified(schema, '_logs'))
  const [row] = await rowsOf<Record<string, string>>(
    db,
    sql`select position, received::text, accepted::text, rejected::text, dropped::text, folded::text, dead::text,
      duplicates::text from ${table} where log = ${log}`,
  )
  return row
}

/** Every admitted value of every dimension. */
export async function readDimensionValues(db: Db, schema: string) {
  const table = sql.raw(qualified(schema, '_dimension_values'))
  return rowsOf<{ dataset: string; dimension: string; value: string }>(
    db,
    sql`select dataset, dimension, value from ${table}`,
  )
}
