import {
  bigint,
  customType,
  doublePrecision,
  jsonb,
  numeric,
  type PgColumnBuilderBase,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'
import type { ColumnSuffix } from './columns.ts'
import type { Dataset, Grain } from './dataset.ts'
import type { Field } from './field.ts'
import type { AnyDataset } from './infer.ts'
import { layoutOf, type TableLayout } from './layout.ts'
import { columnOf } from './names.ts'

const PARENT = {
  text: () => text('parent').notNull(),
  uuid: () => uuid('parent').notNull(),
  bigint: () => bigint('parent', { mode: 'bigint' }).notNull(),
}
const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' })
const instant = (column: string) => timestamp(column, { withTimezone: true, mode: 'date' })
const count = (column: string) => bigint(column, { mode: 'bigint' }).notNull()
/** Each column of each kind of field: null where nothing was seen yet, and the kind has no number for that. */
const FIELD = {
  counter: { '': count },
  sum: { '': (column: string) => numeric(column).notNull() },
  min: { '': (column: string) => doublePrecision(column) },
  max: { '': (column: string) => doublePrecision(column) },
  last: { '': (column: string) => doublePrecision(column), _at: instant },
  unique: { '': (column: string) => bytea(column).notNull(), _count: count },
  distribution: {
    '': (column: string) => bytea(column).notNull(),
    _count: count,
    _sum: (column: string) => numeric(column).notNull(),
    _min: (column: string) => doublePrecision(column),
    _max: (column: string) => doublePrecision(column),
    _p50: (column: string) => doublePrecision(column),
    _p90: (column: string) => doublePrecision(column),
    _p99: (column: string) => doublePrecision(column),
  },
  custom: {
    '': (column: string) => jsonb(column).notNull(),
    _result: (column: string) => jsonb(column),
  },
} satisfies { [Kind in Field['kind']]: Record<ColumnSuffix<Kind>, (column: string) => PgColumnBuilderBase> }
const bucketColumn = () => timestamp('bucket', { withTimezone: true, mode: 'date' }).notNull()
const updatedColumn = () => timestamp('updated_at', { withTimezone: true, mode: 'date' }).notNull()
const dimensionColumn = (name: string) => text(columnOf(name)).notNull()

type ParentColumn<D extends AnyDataset> = {
  parent: ReturnType<(typeof PARENT)[D['parent'] & keyof typeof PARENT]>
}
type ColumnsOf<
  D extends AnyDataset,
  K extends keyof D['fields'] & string,
> = (typeof FIELD)[D['fields'][K]['kind'] & keyof typeof FIELD]
/** A column of a field is named after it: `readSeconds`, `readSecondsP99`. */
type Suffixed<Name extends string, Suffix> = Suffix extends `_${infer Rest}`
  ? `${Name}${Capitalize<Rest>}`
  : Name
type FieldColumns<D extends AnyDataset> = UnionToIntersection<
  {
    [K in keyof D['fields'] & string]: {
      [S in keyof ColumnsOf<D, K> as Suffixed<K, S>]: ColumnsOf<D, K>[S] extends (
        column: string,
      ) => infer Column
        ? Column
        : never
    }
  }[keyof D['fields'] & string]
>
type UnionToIntersection<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void
  ? I
  : never
type DimensionColumns<D extends AnyDataset> = {
  [K in keyof D['dimensions'] & string]: ReturnType<typeof dimensionColumn>
}
type Updated = { updatedAt: ReturnType<typeof updatedColumn> }
type Bucket = { bucket: ReturnType<typeof bucketColumn> }

type TableWith<Name extends string, Columns extends Record<string, PgColumnBuilderBase>> = ReturnType<
  typeof tableWith<Name, Columns>
>
/** `columnOf` on types: without the literal name, Drizzle could not tell a joined table from the user's own. */
type SnakeCase<Name extends string> = Name extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Lowercase<Letter> ? Letter : `_${Lowercase<Letter>}`}${SnakeCase<Rest>}`
  : Name
type GrainsOf<D extends AnyDataset> = D extends Dataset<any, any, any, any, infer G> ? G : never

/** The Drizzle tables of a dataset: totals (one row a parent), by dimensions, and each grain. */
export type TablesOf<D extends AnyDataset> = {
  totals: TableWith<SnakeCase<D['name']>, ParentColumn<D> & FieldColumns<D> & Updated>
  dimensions: TableWith<
    `${SnakeCase<D['name']>}_by_dimensions`,
    ParentColumn<D> & DimensionColumns<D> & FieldColumns<D> & Updated
  >
} & {
  [G in GrainsOf<D> & Grain]: TableWith<
    `${SnakeCase<D['name']>}_by_${G}`,
    ParentColumn<D> & Bucket & DimensionColumns<D> & FieldColumns<D> & Updated
  >
}

function tableWith<Name extends string, Columns extends Record<string, PgColumnBuilderBase>>(
  schema: string,
  name: Name,
  columns: Columns,
  key: string[],
) {
  return pgSchema(schema).table(name, columns, (table) => [
    primaryKey({ columns: key.map((column) => table[column as keyof typeof table]) as never }),
  ])
}

/**
 * The tables of a dataset for Drizzle, typed by its definition. `totals` has one row a parent, so that a JOIN
 * never multiplies; `dimensions` is there at run time only where the dataset has any.
 * @param schema the database schema that the collector writes, `DATABASE_SCHEMA`
 * @example
 * const { totals } = tablesOf(article)
 * db.select().from(posts).leftJoin(totals, eq(totals.parent, posts.id))
 */
export function tablesOf<D extends AnyDataset>(dataset: D, schema = 'trackable'): TablesOf<D> {
  const tables = layoutOf(dataset).map((layout) => [layout.kind, tableOfLayout(layout, schema)])
  return Object.fromEntries(tables) as TablesOf<D>
}

function tableOfLayout(layout: TableLayout, schema: string) {
  const columns: Record<string, PgColumnBuilderBase> = { parent: PARENT[layout.parent]() }
  const key = ['parent']
  if (layout.bucket) {
    columns.bucket = bucketColumn()
    key.push('bucket')
  }
  for (const dimension of layout.dimensions) {
    columns[dimension] = dimensionColumn(dimension)
    key.push(dimension)
  }
  for (const { field, definition, columns: own } of layout.fields) {
    const makers = FIELD[definition.kind] as Record<string, (column: string) => PgColumnBuilderBase>
    for (const { name, suffix } of own) columns[propertyOf(field, suffix)] = makers[suffix]!(name)
  }
  columns.updatedAt = updatedColumn()
  return tableWith(schema, layout.name, columns, key)
}

/** The property under which a column of a field is found in a Drizzle table: `readSecondsP99`. */
export function propertyOf(field: string, suffix: ColumnSuffix): string {
  return field + suffix.charAt(1).toUpperCase() + suffix.slice(2)
}
