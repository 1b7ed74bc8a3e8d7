import { decimalOf, type FieldColumn, type Int } from '@trackable/dataset/fold'
import { type SQL, sql } from 'drizzle-orm'
import { PROBE_STATE } from './commit-sql.ts'
import { type Db, rowsOf } from './connect.ts'
import { sqlStateOf } from './errors.ts'
import type {
  AdmittedValue,
  CommitInput,
  CommitOutcome,
  FoldDatabase,
  KnownRecord,
  NewValues,
  TableRows,
} from './fold-database.ts'
import { readLogRow } from './logs.ts'
import { arrayLiteral, qualified } from './names.ts'
import { foldFunctionName, foldTypes } from './tables-sql.ts'

interface Answer {
  outcome: CommitOutcome['outcome']
  stored: string | null
  known: string | null
}

/**
 * The fold's database on Postgres and PGlite.
 *
 * Guarantee 2 stands here: offset compare-and-set, batch ids, deltas, dead letters and counts change in one
 * statement, and so in one transaction of the database, or not at all. Where the answer is lost the caller reads
 * the offset again. One statement, because a transaction of several over postgres.js was seen to commit another
 * caller's rows after a lost connection (porsager/postgres #1216). Proven by `fold-database.contract.ts` (without the
 * offset check "is told that it moved" fails), `repeats.test.ts`, `test/two-logs.test.ts` (without the count of
 * inserted ids 546 instead of 300), the planted bugs of `test/simulation` and, through kills and cuts, `test/faults`.
 */
export function createFoldDatabase(db: Db, schema: string): FoldDatabase {
  const probing = [sql`${sql.raw(qualified(schema, '_fold_probe'))}()`]
  return {
    async commit(input) {
      const [answer] = await rowsOf<Answer>(db, commitStatement(schema, input, []))
      return outcomeOf(answer!)
    },
    async probe(input) {
      try {
        await db.execute(commitStatement(schema, input, probing))
      } catch (error) {
        if (sqlStateOf(error) !== PROBE_STATE) throw error
      }
    },
    readLog: (log) => readLogRow(db, schema, log),
    readDimensionValues: () =>
      rowsOf<AdmittedValue>(
        db,
        sql`select dataset, dimension, value from ${sql.raw(qualified(schema, '_dimension_values'))}`,
      ),
  }
}

function outcomeOf({ outcome, stored, known }: Answer): CommitOutcome {
  if (outcome === 'known') return { outcome, known: JSON.parse(known ?? '[]') as KnownRecord[] }
  if (outcome === 'settled') return { outcome, before: Number(stored) }
  return { outcome }
}

/** Counts dead letters after all: they leave, and their events are added, in one statement. */
export async function commitReplay(
  db: Db,
  schema: string,
  log: string,
  replay: { ids: string[]; values: NewValues[]; tables: TableRows[] },
): Promise<void> {
  const begin = sql`${sql.raw(qualified(schema, '_replay_begin'))}(
    ${arrayLiteral(replay.ids)}::bigint[], ${JSON.stringify(replay.values)}::jsonb)`
  await db.execute(statement(schema, log, begin, replay.tables, []))
}

function commitStatement(schema: string, input: CommitInput, more: SQL[]): SQL {
  const { batches, counts, oldestArrival } = input
  const { batches: records, received, accepted, folded, dead, duplicates } = counts
  const begin = sql`${sql.raw(qualified(schema, '_fold_begin'))}(
    ${input.log}::text, ${input.expected}::text, ${input.next}::text, ${input.counted}::text,
    ${arrayLiteral(batches.map(({ id }) => id))}::uuid[],
    ${arrayLiteral(batches.map(({ position }) => position))}::text[],
    ${oldestArrival === null ? null : timestamp(oldestArrival)}::timestamptz,
    ${timestamp(input.newestArrival)}::timestamptz,
    ${JSON.stringify(input.imports)}::jsonb, ${arrayLiteral(input.repeats)}::text[],
    ${arrayLiteral([records, received, accepted, folded, dead, duplicates])}::bigint[],
    ${JSON.stringify(counts.rejected)}::jsonb, ${JSON.stringify(counts.dropped)}::jsonb,
    ${JSON.stringify(input.dead)}::json, ${JSON.stringify(input.values)}::jsonb)`
  return statement(schema, input.log, begin, input.tables, more)
}

function statement(schema: string, log: string, begin: SQL, tables: TableRows[], more: SQL[]): SQL {
  const folds = [...tables.map((table) => foldCall(schema, log, table)), ...more]
  // Evaluated from left to right, in the order of table names: that is the order in which rows are locked.
  const merge =
    folds.length > 0
      ? sql`case when f.outcome = 'committed' then ${sql.join(folds, sql` and `)} end`
      : sql`true`
  return sql`select f.outcome, f.stored, f.known::text as known, ${merge} as merged from ${begin} as f`
}

function foldCall(schema: string, log: string, { layout, rows }: TableRows): SQL {
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
  const name = sql.raw(qualified(schema, foldFunctionName(layout)))
  return sql`${name}(${log}::text, ${sql.join(parameters, sql`, `)})`
}

function deltaOf({ definition }: FieldColumn, state: Int): string {
  return definition.kind === 'sum' ? decimalOf(state, definition.scale) : String(state)
}

function timestamp(at: number): string {
  return new Date(at).toISOString()
}
