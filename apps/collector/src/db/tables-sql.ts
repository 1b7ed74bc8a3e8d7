import { columnOf, type TableLayout } from '@trackable/dataset/fold'
import { bareType, COLUMN_RULES, PARENT_TYPES } from './columns.ts'
import { literal, qualified, quoted } from './names.ts'

interface Column {
  name: string
  type: string
  comment: string
}

/** The columns of a table's primary key, in order. */
function keyColumns(layout: TableLayout): Column[] {
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
function fieldColumns(layout: TableLayout): Column[] {
  return layout.fields.map(({ field, column, definition }) => ({
    name: column,
    type: COLUMN_RULES[definition.kind].type,
    comment: definition.label ?? field,
  }))
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
    ...fields.map((column) => `${quoted(column.name)} ${column.type} not null default 0`),
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
export function addField(schema: string, layout: TableLayout, column: string): string[] {
  const added = fieldColumns(layout).find(({ name }) => name === column)!
  const table = qualified(schema, layout.name)
  return [
    `alter table ${table} add column if not exists ${quoted(column)} ${added.type} not null default 0`,
    commentColumn(schema, layout, added),
  ]
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

function commentColumn(schema: string, layout: TableLayout, { name, comment }: Column): string {
  return `comment on column ${qualified(schema, layout.name)}.${quoted(name)} is ${literal(comment)}`
}

/**
 * The function that merges one table's deltas: log and arrays in, one upsert, keys already in order. It keeps what was
 * added to each column, by log: a row that is changed by hand then shows (`trackable verify`).
 */
export function foldFunction(schema: string, layout: TableLayout): string {
  const keys = keyColumns(layout)
  const fields = fieldColumns(layout)
  const columns = [...keys, ...fields]
  const names = columns.map(({ name }) => quoted(name)).join(', ')
  const merges = layout.fields.map(({ column, definition }) => {
    const name = quoted(column)
    return `${name} = ${COLUMN_RULES[definition.kind].merge(`stored.${name}`, `excluded.${name}`)}`
  })
  const parameters = columns.map(({ type }) => `${bareType(type)}[]`).join(', ')
  const arrays = columns.map((_, i) => `$${i + 2}`).join(', ')
  const control = layout.fields.map(({ column, definition }, i) => {
    const added = COLUMN_RULES[definition.kind].control('delta.value')
    return `(${literal(column)}, (select ${added} from unnest($${keys.length + i + 2}) as delta(value)))`
  })
  return `create or replace function ${qualified(schema, foldFunctionName(layout.name))}(text, ${parameters}) returns boolean language plpgsql as $fold$
begin
  insert into ${qualified(schema, layout.name)} as stored (${names}, "updated_at")
  select ${names}, now() from unnest(${arrays}) as delta(${names})
  on conflict (${keys.map(({ name }) => quoted(name)).join(', ')}) do update set
    ${[...merges, '"updated_at" = excluded."updated_at"'].join(',\n    ')};
  insert into ${qualified(schema, '_control')} as kept (log, table_name, column_name, total)
  select l.number, ${literal(layout.name)}, c.name, c.added
  from ${qualified(schema, '_logs')} l, (values ${control.join(', ')}) as c(name, added) where l.log = $1
  on conflict (log, table_name, column_name) do update set total = kept.total + excluded.total;
  return true;
end $fold$`
}

/** The element types of a fold function's arrays, in order; the log comes before them. */
export function foldTypes(layout: TableLayout): string[] {
  return [...keyColumns(layout), ...fieldColumns(layout)].map(({ type }) => bareType(type))
}

/** The name of a table's fold function. */
export function foldFunctionName(table: string): string {
  return `_fold_${table}`
}
