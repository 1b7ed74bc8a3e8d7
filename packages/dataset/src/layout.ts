import { type ColumnSuffix, type ColumnType, KIND_COLUMNS } from './columns.ts'
import type { Dataset, ParentType } from './dataset.ts'
import type { Field } from './field.ts'
import { columnOf, type TableKind, tableOf } from './names.ts'

/** A column that holds a field, or a part of one. */
export interface Column {
  name: string
  suffix: ColumnSuffix
  type: ColumnType
  /** True where it is SQL's null as long as nothing was seen. */
  nullable: boolean
}

/** A field with the column of its own name, and all of its columns: that one is the first. */
export interface FieldColumns {
  field: string
  column: string
  definition: Field
  columns: Column[]
}

/** One table of a dataset: what its rows are about, and the columns of its primary key and fields, in order. */
export interface TableLayout {
  kind: TableKind
  name: string
  dataset: Dataset
  parent: ParentType
  /** True for the series: `bucket` follows `parent` in the key. */
  bucket: boolean
  /** Dimension names of the key, after `parent` and `bucket`. */
  dimensions: string[]
  fields: FieldColumns[]
}

/** The tables of a dataset: totals first, then by dimensions where it has any, then each grain. */
export function layoutOf(dataset: Dataset): TableLayout[] {
  const dimensions = Object.keys(dataset.dimensions)
  const fields = Object.entries(dataset.fields).map(([field, definition]) => ({
    field,
    column: columnOf(field),
    definition,
    columns: fieldColumns(field, definition),
  }))
  const kinds: TableKind[] = ['totals']
  if (dimensions.length > 0) kinds.push('dimensions')
  kinds.push(...(dataset.series?.grains ?? []))
  return kinds.map((kind) => ({
    kind,
    name: tableOf(dataset.name, kind),
    dataset,
    parent: dataset.parent,
    bucket: kind !== 'totals' && kind !== 'dimensions',
    dimensions: kind === 'totals' ? [] : dimensions,
    fields,
  }))
}

/** The columns of a field, in order. */
export function fieldColumns(field: string, { kind }: Field): Column[] {
  return Object.entries(KIND_COLUMNS[kind]).map(([suffix, type]) => ({
    name: columnOf(field) + suffix,
    suffix: suffix as ColumnSuffix,
    type,
    nullable: type === 'double precision' || type === 'timestamptz' || suffix === '_result',
  }))
}
