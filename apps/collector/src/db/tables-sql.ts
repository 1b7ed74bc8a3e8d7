import { columnOf, type TableLayout } from '@trackable/dataset/fold'
import { bareType, COLUMN_RULES, PARENT_TYPES } from './columns.ts'
import { hashOf, literal, qualified, quoted, shortName } from './names.ts'
import { createRankIndex, rankedColumns } from './rank-indexes.ts'

/** What is left of 63 bytes for a table's name in that of its fold function. */
const MOST_TABLE = 44

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

/** The statements that make a table, with its indexes. */
export function createTable(schema: string, layout: TableLayout): string[] {
  const keys = keyColumns(layout)
  const first = keys.length - layout.dimensions.length
  const fields = fieldColumns(layout)
  const columns = [
    ...keys.map(
      (column, i) => `${quoted(column.name)} ${column.type} not null${i < first ? '' : " default ''"}`,
    ),
    ...fields.map((column) => `${quoted(column.name)} ${column.type} not null default 0`),
    '"updated_at" timestamptz not null default now()',
    `primary key (${keyList(layout)})`,
  ]
  return [
    `create table if not exists ${qualified(schema, layout.name)} (\n  ${columns.join(',\n  ')}\n)`,
    ...rankedColumns(layout).map((column) => createRankIndex(schema, layout.name, column)),
    ...(layout.bucket ? [createBucketIndex(schema, layout.name)] : []),
  ]
}

/** Every parent of a span is found by it, and what is to be pruned. */
function createBucketIndex(schema: string, table: string): string {
  return `create index if not exists ${quoted(shortName(`${table}_bucket`))} on ${qualified(schema, table)} ("bucket")`
}

/** The statement that gives a table a new field. It starts empty. */
export function addField(schema: string, layout: TableLayout, column: string): string {
  const added = fieldColumns(layout).find(({ name }) => name === column)!
  return `alter table ${qualified(schema, layout.name)} add column if not exists ${quoted(column)} ${added.type} not null default 0`
}

/** The statement that gives a table a new dimension: rows that are there keep it empty. */
export function addDimension(schema: string, layout: TableLayout, column: string): string {
  const added = keyColumns(layout).find(({ name }) => name === column)!
  return `alter table ${qualified(schema, layout.name)} add column if not exists ${quoted(column)} ${added.type} not null default ''`
}

/** The statement that makes the index which a wider primary key takes over: folds wait for it, readers do not. */
export function buildKey(schema: string, layout: TableLayout): string {
  return `create unique index if not exists ${quoted(wideKey(layout))} on ${qualified(schema, layout.name)} (${keyList(layout)})`
}

/** The statement that makes it the primary key. */
export function takeKey(schema: string, layout: TableLayout): string {
  const key = quoted(`${layout.name}_pkey`)
  return `alter table ${qualified(schema, layout.name)} drop constraint ${key}, add constraint ${key} primary key using index ${quoted(wideKey(layout))}`
}

function wideKey({ name }: TableLayout): string {
  return `${name}_wide`
}

function keyList(layout: TableLayout): string {
  return keyColumns(layout)
    .map(({ name }) => quoted(name))
    .join(', ')
}

/** The statements that say in the database what a table and its columns are; what was added later says since when. */
export function commentOn(schema: string, layout: TableLayout, since: SinceOf): string[] {
  const name = qualified(schema, layout.name)
  const updated = { name: 'updated_at', comment: 'When the row was last folded into' }
  return [
    `comment on table ${name} is ${literal(describe(layout) + since(''))}`,
    ...[...keyColumns(layout), ...fieldColumns(layout), updated].map(
      (column) =>
        `comment on column ${name}.${quoted(column.name)} is ${literal(column.comment + since(column.name))}`,
    ),
  ]
}

/** What is added to the comment of a column, or of the table for an empty name: empty, or `; counted since …`. */
export type SinceOf = (column: string) => string

/** What a table is, in a sentence. */
function describe(layout: TableLayout): string {
  const { label, series } = layout.dataset
  if (layout.kind === 'totals') return `${label}: totals, one row a parent`
  if (layout.kind === 'dimensions') return `${label}: totals by dimensions`
  const keep = series?.keep[layout.kind]
  return `${label}: by ${layout.kind}, in ${series?.zone}${keep ? `, kept for ${keep}` : ''}`
}

/** The names of a table's columns that hold keys and fields. */
export function columnNames(layout: TableLayout): string[] {
  return [...keyColumns(layout), ...fieldColumns(layout)].map(({ name }) => name)
}

/**
 * The function that merges one table's deltas: log and arrays in, one upsert, keys already in order. It keeps what was
 * added to each column, by log: a row that is changed by hand then shows (`trackable verify`).
 * @param table how the table is now, where the layout is an older one of it: the key that rows meet in is the table's
 */
export function foldFunction(schema: string, layout: TableLayout, table = layout): string {
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
  return `create or replace function ${qualified(schema, foldFunctionName(layout))}(text, ${parameters}) returns boolean language plpgsql as $fold$
begin
  insert into ${qualified(schema, layout.name)} as stored (${names}, "updated_at")
  select ${names}, now() from unnest(${arrays}) as delta(${names})
  on conflict (${keyList(table)}) do update set
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

/**
 * The name of a table's fold function. What its arrays mean is part of it, and so is the zone of buckets: a collector
 * with other definitions has a function of its own, or none any more, and never adds what was meant otherwise.
 */
export function foldFunctionName(layout: TableLayout): string {
  const zone = layout.bucket ? layout.dataset.series?.zone : undefined
  const meaning = JSON.stringify([layout.name, columnNames(layout), foldTypes(layout), zone])
  return `_fold_${layout.name.slice(0, MOST_TABLE)}_${hashOf(meaning)}`
}
