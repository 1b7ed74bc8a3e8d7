import type { Dataset } from '@trackable/dataset'
import type { FieldColumns, TableLayout } from '@trackable/dataset/fold'
import { rankedColumn } from './columns.ts'
import { qualified, quoted, shortName } from './names.ts'

/** Definitions that were applied before they named what is ranked: their first four fields were. */
const RANKED_BEFORE = 4

/** A field of which the totals are indexed, and the column that is. */
export interface Ranked {
  field: FieldColumns
  column: string
}

/** What of a table is indexed in descending order: of the totals, so that the top of a field is found. */
export function rankedFields(layout: TableLayout): Ranked[] {
  if (layout.kind !== 'totals') return []
  const { display, ranked } = layout.dataset as Omit<Dataset, 'ranked'> & Partial<Dataset>
  return (ranked ?? display.slice(0, RANKED_BEFORE)).flatMap((name) => {
    const field = layout.fields.find((candidate) => candidate.field === name)
    const column = field && rankedColumn(field)
    return column ? [{ field, column: column.name }] : []
  })
}

/** The statement that makes the index of a column. Equal values are in the order of their parents, for cursors. */
export function createRankIndex(schema: string, table: string, column: string): string {
  return `create index if not exists ${quoted(rankIndex(table, column))} on ${qualified(schema, table)} (${quoted(column)} desc, "parent")`
}

/** The statement that drops it. */
export function dropRankIndex(schema: string, table: string, column: string): string {
  return `drop index if exists ${qualified(schema, rankIndex(table, column))}`
}

function rankIndex(table: string, column: string): string {
  return shortName(`${table}_top_${column}`)
}
