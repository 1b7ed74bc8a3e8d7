import type { Dataset, ParentType } from '@trackable/dataset'
import { tablesOf } from '@trackable/dataset/drizzle'
import { decimalOf } from '@trackable/dataset/fold'
import { inArray, type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { Db } from '../db/connect.ts'
import type { Digits, Row } from './json.ts'

/** A dataset's tables by name, where the names are known at run time only. */
export type AnyTables = Record<string, PgTable & Record<string, PgColumn>>

/** What a read of totals asks. */
export interface TotalsQuery {
  dataset: Dataset
  fields: string[]
  by: string[]
  parents: string[]
}

/** Totals of the parents in the order asked, zeros for the unknown; with `by`, a row a combination that is there. */
export async function readTotals(db: Db, schema: string, query: TotalsQuery): Promise<Row[]> {
  const { dataset, fields, by, parents } = query
  const tables = tablesOf(dataset, schema) as unknown as AnyTables
  const table = tables[by.length > 0 ? 'dimensions' : 'totals']!
  const wanted = parents.map((parent) => storedParent(dataset.parent, parent))
  const known = wanted.filter((parent) => parent !== undefined)
  const columns = { parent: sql<string>`${table.parent}::text`, ...pick(table, by), ...sums(table, fields) }
  const group = [table.parent!, ...by.map((name) => table[name]!)]
  const rows =
    known.length === 0
      ? []
      : await db
          .select(columns as Record<string, SQL<string>>)
          .from(table)
          .where(inArray(table.parent!, known))
          .groupBy(...group)
          .orderBy(...group)
  const byParent = new Map<string, Row[]>()
  for (const row of rows) {
    const shown = toRow(row as Record<string, string>, fields)
    byParent.set(row.parent as string, [...(byParent.get(row.parent as string) ?? []), shown])
  }
  return parents.flatMap((parent, i) => {
    const found = byParent.get(String(wanted[i]))
    if (found) return found.map((row) => ({ ...row, parent }))
    return by.length > 0 ? [] : [{ parent, ...zeros(dataset, fields) }]
  })
}

/** A parent as its column holds it; undefined where no such parent can be. */
export function storedParent(type: ParentType, parent: string): string | bigint | undefined {
  if (type === 'bigint') return /^-?\d{1,19}$/.test(parent) ? BigInt.asIntN(64, BigInt(parent)) : undefined
  if (type === 'uuid')
    return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(parent) ? parent.toLowerCase() : undefined
  return parent.includes('\u0000') ? undefined : parent
}

/** Columns by name. */
export function pick(table: AnyTables[string], names: string[]): Record<string, PgColumn> {
  return Object.fromEntries(names.map((name) => [name, table[name]!]))
}

/** Field columns added up, as text with all their digits. */
export function sums(table: AnyTables[string], fields: string[]): Record<string, SQL<string>> {
  return Object.fromEntries(fields.map((name) => [name, sql<string>`sum(${table[name]})::text`]))
}

/** A database row as an answer's: its fields as bare digits. */
function toRow(row: Record<string, string>, fields: string[]): Row {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, fields.includes(key) ? { digits: value } : value]),
  )
}

/** What a parent without a row has. */
export function zeros(dataset: Dataset, fields: string[]): Record<string, Digits> {
  const zero = (name: string) => {
    const field = dataset.fields[name]!
    return { digits: field.kind === 'sum' ? decimalOf(0, field.scale) : '0' }
  }
  return Object.fromEntries(fields.map((name) => [name, zero(name)]))
}
