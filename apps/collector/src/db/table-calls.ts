import { addedTexts, columnTexts, stateTextOf, type TableLayout } from '@trackable/dataset/fold'
import { type SQL, sql } from 'drizzle-orm'
import { ruleOf } from './columns.ts'
import { type Db, rowsOf } from './connect.ts'
import type { RowDelta, StoredStates, TableRows } from './fold-database.ts'
import { foldFunctionName, foldTypes, hasStates, storedStatesQuery } from './fold-sql.ts'
import { arrayLiteral, qualified } from './names.ts'

/** The call of a table's fold function with deltas, in the order of its parameters. */
export function foldCall(schema: string, log: string, { layout, rows }: TableRows): SQL {
  const read = hasStates(layout) ? [rows.map(({ onto }) => onto?.hash ?? null)] : []
  const parameters = arrays([...keysOf(layout, rows), ...read, ...columnsOf(layout, rows)], foldTypes(layout))
  const name = sql.raw(qualified(schema, foldFunctionName(layout)))
  return sql`${name}(${log}::text, ${sql.join(parameters, sql`, `)})`
}

/** The states that only the fold can merge, row by row; undefined where the row is not there. */
export async function readStates(
  db: Db,
  schema: string,
  { layout, rows }: TableRows,
): Promise<(StoredStates | undefined)[]> {
  const found = new Array<StoredStates | undefined>(rows.length).fill(undefined)
  if (!hasStates(layout)) return found
  const keys = arrays(keysOf(layout, rows), foldTypes(layout))
  const stored = await rowsOf<{ place: number; hash: string; states: string }>(
    db,
    sql`with asked as (select * from unnest(${sql.join(keys, sql`, `)}) with ordinality) ${sql.raw(storedStatesQuery(schema, layout))}`,
  )
  for (const { place, hash, states } of stored) found[place - 1] = { hash, states: JSON.parse(states) }
  return found
}

/** Arrays as parameters, each of its element type. */
export function arrays(
  values: readonly (readonly (string | number | null)[])[],
  types: readonly string[],
): SQL[] {
  return values.map((list, i) => sql`${arrayLiteral(list)}::${sql.raw(types[i]!)}[]`)
}

/** The keys of rows, column by column in the order of `keyColumns`. */
export function keysOf(layout: TableLayout, rows: readonly RowDelta[]): string[][] {
  const keys = [rows.map(({ parent }) => parent)]
  if (layout.bucket) keys.push(rows.map(({ bucket }) => new Date(bucket).toISOString()))
  layout.dimensions.forEach((_, i) => {
    keys.push(rows.map(({ dimensions }) => dimensions[i]!))
  })
  return keys
}

/** Column by column what is added; of states that are merged onto others the whole of it. */
function columnsOf(layout: TableLayout, rows: readonly RowDelta[]): (string | null)[][] {
  return layout.fields.flatMap(({ definition, columns }, field) => {
    const kept = stateTextOf(definition) !== undefined
    const whole = rows.map(({ onto, states }) =>
      columnTexts(definition, onto && kept ? onto.states[field] : states[field]),
    )
    const added = rows.map(({ onto, states }, row) =>
      onto && kept ? addedTexts(definition, states[field]) : whole[row]!,
    )
    return columns.map(({ suffix }, i) => {
      const from = ruleOf(definition, suffix).merge ? added : whole
      return from.map((row) => row[i]!)
    })
  })
}
