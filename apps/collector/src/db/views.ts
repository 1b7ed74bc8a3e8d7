import { type TableLayout, viewOf } from '@trackable/dataset/fold'
import { literal, qualified, quoted, shortName } from './names.ts'
import type { Step } from './plan.ts'
import { columnNames } from './tables-sql.ts'

/**
 * The steps around those of a dataset's totals, for their view: it goes before columns change and comes back after.
 * A view of a user's that reads it stands in the way of that, and Postgres says so.
 */
export function planView(
  schema: string,
  old: TableLayout | undefined,
  now: TableLayout | undefined,
): { before: Step[]; after: Step[] } {
  if (old && now && shapeOf(old) === shapeOf(now)) return { before: [], after: [] }
  const before: Step[] = old
    ? [{ title: `let go of the view of ${old.name}`, phase: 'contract', sql: [dropView(schema, old)] }]
    : []
  const after: Step[] = now
    ? [{ title: `renew the view of ${now.name}`, phase: 'contract', sql: createView(schema, now) }]
    : []
  return { before, after }
}

function shapeOf(layout: TableLayout): string {
  return JSON.stringify([
    layout.parent,
    columnNames(layout),
    layout.fields.map(({ definition }) => definition.kind),
  ])
}

function dropView(schema: string, { dataset }: TableLayout): string {
  return `drop view if exists ${qualified(schema, viewOf(dataset.name))}`
}

function createView(schema: string, layout: TableLayout): string[] {
  const view = qualified(schema, viewOf(layout.dataset.name))
  const columns = [...columnNames(layout), 'updated_at'].map(
    (column) => `${quoted(column)} as ${quoted(shortName(`${layout.name}_${column}`))}`,
  )
  return [
    `create or replace view ${view} as select ${columns.join(', ')} from ${qualified(schema, layout.name)}`,
    `comment on view ${view} is ${literal(`${layout.dataset.label}: totals, each column under the name of the dataset`)}`,
  ]
}
