import type { TableLayout } from '@trackable/dataset/fold'
import { COLUMN_RULES } from './columns.ts'
import { qualified, quoted, shortName } from './names.ts'

/**
 * So many fields of a dataset are ranked by an index: the first that are displayed. Each costs, because a row that
 * changes is then written to the index too: 100,000 rows that were there took 140,000 rows a second without an index,
 * 80,000 with one and 25,000 with four.
 */
const MOST_RANKED = 4

/** The columns of a table that are indexed in descending order: of the totals, so that the top of a field is found. */
export function rankedColumns(layout: TableLayout): string[] {
  if (layout.kind !== 'totals') return []
  const ranked = layout.dataset.display.slice(0, MOST_RANKED)
  return ranked.flatMap((name) => {
    const field = layout.fields.find((candidate) => candidate.field === name)
    return field && COLUMN_RULES[field.definition.kind].ranked ? [field.column] : []
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
