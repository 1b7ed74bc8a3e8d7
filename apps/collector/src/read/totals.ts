import type { ParentType } from '@trackable/dataset'
import { tablesOf } from '@trackable/dataset/drizzle'
import { inArray, type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { type Refusal, refuse } from '../answer.ts'
import { type Db, rowsOf } from '../db/connect.ts'
import { type FieldResult, fieldExpression, fieldResult, readsStates } from '../db/field-reads.ts'
import { readParent } from '../parent.ts'
import type { Asked } from './access.ts'
import type { Row } from './json.ts'

/** A dataset's tables by name, where the names are known at run time only. */
export type AnyTables = Record<string, PgTable & Record<string, PgColumn>>

/** What a read of totals asks. */
export interface TotalsQuery extends Asked {
  parents: string[]
}

/** Totals of the parents in the order asked, zeros for the unknown; with `by`, a row a combination that is there. */
export async function readTotals(db: Db, schema: string, query: TotalsQuery): Promise<Row[] | Refusal> {
  const { dataset, by, parents } = query
  const tables = tablesOf(dataset, schema) as unknown as AnyTables
  const table = tables[by.length > 0 ? 'dimensions' : 'totals']!
  const wanted = parents.map((parent) => storedParent(dataset.parent, parent))
  const known = wanted.filter((parent) => parent !== undefined)
  const where = inArray(table.parent!, known)
  if (known.length > 0 && (await holdsTooMany(db, query, sql`${table} where ${where}`)))
    return tooManyStates()
  const columns = { parent: sql<string>`${table.parent}::text`, ...pick(table, by), ...expressions(query) }
  const group = [table.parent!, ...by.map((name) => table[name]!)]
  const rows =
    known.length === 0
      ? []
      : await db
          .select(columns as Record<string, SQL<string>>)
          .from(table)
          .where(where)
          .groupBy(...group)
          .orderBy(...group)
  const byParent = new Map<string, Row[]>()
  for (const row of rows as Record<string, string>[]) {
    const dimensions = Object.fromEntries(by.map((name) => [name, row[name]!]))
    const shown = { parent: '', ...dimensions, ...results(query, row) }
    byParent.set(row.parent!, [...(byParent.get(row.parent!) ?? []), shown])
  }
  const none = results(query, {})
  return parents.flatMap((parent, i) => {
    const found = wanted[i] === undefined ? undefined : byParent.get(String(wanted[i]))
    if (found) return found.map((row) => ({ ...row, parent }))
    return by.length > 0 ? [] : [{ parent, ...none }]
  })
}

/** States are merged here and not in the database: more of them would be a hundred megabytes in one answer. */
const MOST_STATES = 20_000

/** True where a read of rows, `TABLE where …`, would have to merge more states than it may. */
export async function holdsTooMany(
  db: Db,
  { dataset, fields }: Pick<TotalsQuery, 'dataset' | 'fields'>,
  from: SQL,
): Promise<boolean> {
  if (!fields.some((name) => readsStates(dataset.fields[name]!))) return false
  const [found] = await rowsOf<{ count: string }>(
    db,
    sql`select count(*)::text as count from (select 1 from ${from} limit ${MOST_STATES + 1}::int) as matching`,
  )
  return Number(found!.count) > MOST_STATES
}

/** The refusal of such a read. */
export function tooManyStates(): Refusal {
  return refuse(
    'malformed',
    `uniques, distributions and custom fields of more than ${MOST_STATES} rows; ask for fewer parents or a shorter span`,
  )
}

/** A parent as its column holds it; undefined where no such parent can be. */
export function storedParent(type: ParentType, parent: string): string | bigint | undefined {
  const read = readParent(type, parent)
  return type === 'bigint' && read !== undefined ? BigInt(read) : read
}

/** Columns by name. */
export function pick(table: AnyTables[string], names: string[]): Record<string, PgColumn> {
  return Object.fromEntries(names.map((name) => [name, table[name]!]))
}

/** The fields that are asked, over the rows of a group. */
export function expressions({
  dataset,
  fields,
}: Pick<TotalsQuery, 'dataset' | 'fields'>): Record<string, SQL> {
  return Object.fromEntries(fields.map((name) => [name, fieldExpression(name, dataset.fields[name]!)]))
}

/** What the fields of a group read as; those of a parent without a row for a row without texts. */
export function results(
  { dataset, fields, quantiles }: Pick<TotalsQuery, 'dataset' | 'fields' | 'quantiles'>,
  row: Record<string, string | null>,
): Record<string, FieldResult> {
  return Object.fromEntries(
    fields.map((name) => [name, fieldResult(dataset.fields[name]!, row[name] ?? null, quantiles)]),
  )
}
