import type { Field } from '@trackable/dataset'
import {
  aggregateOf,
  type ColumnSuffix,
  columnOf,
  columnTexts,
  type TableLayout,
} from '@trackable/dataset/fold'
import { PARENT_TYPES } from './columns.ts'
import { literal, qualified, quoted } from './names.ts'

/** A column with what is said about it. */
export interface KeyColumn {
  name: string
  type: string
  comment: string
}

interface OwnColumn extends KeyColumn {
  /** Of which field it is. */
  field: string
  /** What follows the type: its default, the column of a field that has seen nothing. */
  rest: string
}

/** What the columns beside a field's own say. */
const COMMENTS: Partial<Record<ColumnSuffix, string>> = {
  _at: 'when it was observed',
  _count: 'how many',
  _sum: 'sum',
  _min: 'smallest',
  _max: 'largest',
  _p50: 'median, within 1 %',
  _p90: '90th percentile, within 1 %',
  _p99: '99th percentile, within 1 %',
  _result: 'result',
}

/** The columns of a table's primary key, in order. */
export function keyColumns(layout: TableLayout): KeyColumn[] {
  const { dataset } = layout
  const zone = dataset.series?.zone ?? 'UTC'
  return [
    { name: 'parent', type: PARENT_TYPES[layout.parent], comment: `Identifier of the ${dataset.of}` },
    ...(layout.bucket
      ? [{ name: 'bucket', type: 'timestamptz', comment: `Start of the ${layout.kind} in ${zone}` }]
      : []),
    ...layout.dimensions.map((dimension) => ({
      name: columnOf(dimension),
      type: 'text collate "C"',
      comment: `Dimension ${dimension}: empty where absent, (other) past its cap`,
    })),
  ]
}

/** The columns of a table's fields, in order. */
function fieldColumns(layout: TableLayout): OwnColumn[] {
  return layout.fields.flatMap(({ field, definition, columns }) =>
    columns.map(({ name, type, suffix, nullable }, i) => ({
      name,
      type,
      field,
      rest: `${nullable ? '' : ' not null'}${defaultOf(definition, i)}`,
      comment: (definition.label ?? field) + (suffix ? `: ${COMMENTS[suffix]}` : ''),
    })),
  )
}

function defaultOf(definition: Field, column: number): string {
  const text = columnTexts(definition, aggregateOf(definition).empty())[column]
  return text === null || text === undefined ? '' : ` default ${literal(text)}`
}

/** What a table is, in a sentence. */
function describe(layout: TableLayout): string {
  const { label, series } = layout.dataset
  if (layout.kind === 'totals') return `${label}: totals, one row a parent`
  if (layout.kind === 'dimensions') return `${label}: totals by dimensions`
  return `${label}: by ${layout.kind}, in ${series?.zone}`
}

/** The statements that make a table, with its comments. */
export function createTable(schema: string, layout: TableLayout): string[] {
  const name = qualified(schema, layout.name)
  const keys = keyColumns(layout)
  const fields = fieldColumns(layout)
  const columns = [
    ...keys.map((column) => `${quoted(column.name)} ${column.type} not null`),
    ...fields.map((column) => `${quoted(column.name)} ${column.type}${column.rest}`),
    '"updated_at" timestamptz not null default now()',
    `primary key (${keys.map((column) => quoted(column.name)).join(', ')})`,
  ]
  return [
    `create table if not exists ${name} (\n  ${columns.join(',\n  ')}\n)`,
    `comment on table ${name} is ${literal(describe(layout))}`,
    ...[...keys, ...fields].map((column) => commentColumn(schema, layout, column)),
    `comment on column ${name}."updated_at" is 'When the row was last folded into'`,
  ]
}

/** The statements that give a table a new field. It starts empty. */
export function addField(schema: string, layout: TableLayout, field: string): string[] {
  const table = qualified(schema, layout.name)
  const added = fieldColumns(layout).filter((column) => column.field === field)
  return added.flatMap((column) => [
    `alter table ${table} add column if not exists ${quoted(column.name)} ${column.type}${column.rest}`,
    commentColumn(schema, layout, column),
  ])
}

/** The statements that give a table a new dimension: rows that are there keep it empty. */
export function addDimension(schema: string, layout: TableLayout, column: string): string[] {
  const table = qualified(schema, layout.name)
  const keys = keyColumns(layout)
  const added = keys.find(({ name }) => name === column)!
  return [
    `alter table ${table} add column if not exists ${quoted(column)} ${added.type} not null default ''`,
    `alter table ${table} drop constraint ${quoted(`${layout.name}_pkey`)}, add primary key (${keys.map(({ name }) => quoted(name)).join(', ')})`,
    commentColumn(schema, layout, added),
  ]
}

function commentColumn(schema: string, layout: TableLayout, { name, comment }: KeyColumn): string {
  return `comment on column ${qualified(schema, layout.name)}.${quoted(name)} is ${literal(comment)}`
}
