import type { Dataset } from '@trackable/dataset'
import { columnOf, type FieldColumns, layoutOf, type TableLayout } from '@trackable/dataset/fold'
import { commitFunctions, housekeepingFunctions } from './commit-sql.ts'
import { foldFunction, foldFunctionName, foldTypes } from './fold-sql.ts'
import { internalTables } from './internal-sql.ts'
import { literal, qualified, quoted } from './names.ts'
import { addDimension, addField, createTable } from './tables-sql.ts'

/** One change of the database: its statements, what it is in a sentence, and what would be lost by it. */
export interface Step {
  title: string
  sql: string[]
  loses?: string
}

/** The definitions as they are stored and compared: datasets without what only people and keys read. */
export function definitionsOf(datasets: readonly Dataset[]): Dataset[] {
  return datasets.map((dataset) => JSON.parse(JSON.stringify(dataset)))
}

/**
 * What brings the tables from the definitions that were applied last to today's. Pure: two lists of definitions
 * in, statements out. Adding is free; a step that loses data says what.
 */
export function planMigration(schema: string, before: readonly Dataset[], after: readonly Dataset[]): Step[] {
  const old = tablesByName(before)
  const now = tablesByName(after)
  const steps: Step[] = [{ title: 'prepare the schema', sql: internalTables(schema) }]
  for (const layout of now.values()) steps.push(...planTable(schema, old.get(layout.name), layout))
  for (const layout of old.values()) {
    if (!now.has(layout.name))
      steps.push(dropTable(schema, layout, `table ${layout.name} is no longer declared`))
  }
  steps.push({
    title: 'renew the functions of the fold',
    sql: [...commitFunctions(schema), ...housekeepingFunctions(schema)],
  })
  // The fold of the old columns stays beside the new one, which has other parameters: a collector that still runs
  // with the old definitions goes on folding while its successor starts.
  for (const layout of now.values()) {
    steps.push({ title: `renew the fold of ${layout.name}`, sql: [foldFunction(schema, layout)] })
  }
  return steps
}

function planTable(schema: string, old: TableLayout | undefined, now: TableLayout): Step[] {
  const create = { title: `create table ${now.name}`, sql: createTable(schema, now) }
  if (!old) return [create]
  const replaced = whyReplaced(old, now)
  if (replaced) return [dropTable(schema, old, replaced), create]
  const steps: Step[] = []
  for (const dimension of now.dimensions.filter((name) => !old.dimensions.includes(name))) {
    const column = columnOf(dimension)
    steps.push({ title: `add dimension ${dimension} to ${now.name}`, sql: addDimension(schema, now, column) })
  }
  for (const { field, definition } of now.fields) {
    const before = old.fields.find((other) => other.field === field)
    if (before?.definition.kind === definition.kind) continue
    if (before) steps.push(dropField(schema, old, before, `${field} was a ${before.definition.kind}`))
    steps.push({ title: `add field ${field} to ${now.name}`, sql: addField(schema, now, field) })
  }
  for (const gone of old.fields) {
    if (!now.fields.some((other) => other.field === gone.field)) {
      steps.push(dropField(schema, old, gone, `field ${gone.field} is no longer declared`))
    }
  }
  return steps
}

function whyReplaced(old: TableLayout, now: TableLayout): string | undefined {
  if (old.parent !== now.parent)
    return `the parent of ${now.name} changes from ${old.parent} to ${now.parent}`
  const gone = old.dimensions.find((name) => !now.dimensions.includes(name))
  if (gone) return `dimension ${gone} of ${now.name} is no longer declared`
  const [from, to] = [old.dataset.series?.zone, now.dataset.series?.zone]
  return now.bucket && from !== to ? `the zone of ${now.name} changes from ${from} to ${to}` : undefined
}

function dropTable(schema: string, layout: TableLayout, why: string): Step {
  return {
    title: `drop table ${layout.name}`,
    sql: [
      dropFold(schema, layout),
      `drop table if exists ${qualified(schema, layout.name)}`,
      `delete from ${qualified(schema, '_control')} where table_name = ${literal(layout.name)}`,
    ],
    loses: `${why}: every row of ${layout.name}`,
  }
}

function dropField(
  schema: string,
  layout: TableLayout,
  { column, columns }: FieldColumns,
  why: string,
): Step {
  return {
    title: `drop column ${layout.name}.${column}`,
    sql: columns.flatMap(({ name }) => [
      `alter table ${qualified(schema, layout.name)} drop column if exists ${quoted(name)}`,
      `delete from ${qualified(schema, '_control')} where table_name = ${literal(layout.name)} and column_name = ${literal(name)}`,
    ]),
    loses: `${why}: every value of ${layout.name}.${column}`,
  }
}

function dropFold(schema: string, layout: TableLayout): string {
  const types = foldTypes(layout).map((type) => `${type}[]`)
  return `drop function if exists ${qualified(schema, foldFunctionName(layout.name))}(text, ${types.join(', ')})`
}

function tablesByName(datasets: readonly Dataset[]): Map<string, TableLayout> {
  return new Map(datasets.flatMap(layoutOf).map((layout) => [layout.name, layout]))
}
