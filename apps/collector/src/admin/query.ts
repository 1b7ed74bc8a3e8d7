import { type Config, type Dataset, DefinitionError, suggestion } from '@trackable/dataset'
import { type Column, columnOf, layoutOf, tableOf } from '@trackable/dataset/fold'
import { type SQL, sql } from 'drizzle-orm'
import { bareType, PARENT_TYPES, rankedColumn } from '../db/columns.ts'
import { type Db, rowsOf } from '../db/connect.ts'
import { type FieldResult, fieldExpression, fieldResult } from '../db/field-reads.ts'
import { qualified, quoted } from '../db/names.ts'

/** What `trackable query` asks: a dataset, and one parent, one grain or one field to order by. */
export interface QueryRequest {
  dataset: string
  parent?: string
  series?: string
  top?: string
  limit?: number
}

/** Rows for a terminal: column names and text. */
export async function query(
  db: Db,
  schema: string,
  config: Config,
  request: QueryRequest,
): Promise<{ columns: string[]; rows: string[][] }> {
  const dataset = config.dataset(request.dataset)
  const { series, top, parent, limit = 20 } = request
  if (series !== undefined && !dataset.series?.grains.some((grain) => grain === series)) {
    throw new DefinitionError(
      'invalid_definition',
      dataset.name,
      'series',
      `no grain "${series}"; ${suggestion(series, dataset.series?.grains ?? [])}`,
    )
  }
  if (top !== undefined && !Object.hasOwn(dataset.fields, top)) {
    throw new DefinitionError(
      'unknown_field',
      dataset.name,
      '',
      `no field "${top}"; ${suggestion(top, Object.keys(dataset.fields))}`,
    )
  }
  const keys = series ? ['bucket', ...(parent === undefined ? [] : ['parent'])] : ['parent']
  const fields = dataset.display
  const selected = [
    ...keys.map((key) =>
      key === 'bucket' ? bucketText(dataset) : sql`t.${sql.raw(quoted(key))}::text as parent`,
    ),
    ...fields.map((field) => sql`${fieldExpression(field, dataset.fields[field]!)} as ${column(field)}`),
  ]
  const table = sql.raw(qualified(schema, tableOf(dataset.name, (series ?? 'totals') as 'totals')))
  const type = sql.raw(bareType(PARENT_TYPES[dataset.parent]))
  const where = parent === undefined ? sql`` : sql`where t.parent = ${parent}::${type}`
  const rank = series ? undefined : rankOf(dataset, top)
  const place = rank ? [sql`t.${sql.raw(quoted(rank.name))}`] : []
  // Columns that are never null are indexed so, and Postgres uses the index for no other order.
  const falling = place.map((value) => (rank?.nullable ? sql`${value} desc nulls last` : sql`${value} desc`))
  const order = series ? sql`bucket desc` : sql.join([...falling, sql`t.parent`], sql`, `)
  // Totals have one row a parent: as they are, they come in the order of their index.
  const from = series
    ? sql`${table} as t ${where}`
    : sql`(select * from ${table} as t ${where} order by ${order} limit ${limit}::int) as t`
  const group = series ? keys.map((key) => sql.raw(quoted(key))) : [sql`t.parent`, ...place]
  const rows = await rowsOf(
    db,
    sql`select ${sql.join(selected, sql`, `)} from ${from} group by ${sql.join(group, sql`, `)}
      order by ${order} limit ${limit}::int`,
  )
  const columns = [...keys, ...fields]
  const texts = rows.map((row) => [
    ...keys.map((name) => String(row[name === 'bucket' ? 'bucket_text' : name])),
    ...fields.map((name) => shown(fieldResult(dataset.fields[name]!, row[columnOf(name)] as string | null))),
  ])
  return { columns, rows: series ? texts.reverse() : texts }
}

/** The column that totals are ordered by; undefined where the field has no order and none was asked for. */
function rankOf(dataset: Dataset, top: string | undefined): Column | undefined {
  const by = top ?? dataset.display[0]!
  const ranked = rankedColumn(layoutOf(dataset)[0]!.fields.find(({ field }) => field === by)!)
  if (ranked || top === undefined) return ranked
  throw new DefinitionError('invalid_definition', dataset.name, top, 'a custom field has no order')
}

/** A result in a cell: of a distribution what is short enough to be compared with the row below. */
function shown(result: FieldResult): string {
  if ('digits' in result) return result.digits
  const value = JSON.parse(result.json)
  if (value === null) return '–'
  if (typeof value !== 'object' || !('p50' in value)) return result.json
  return value.count === 0 ? '–' : `p50 ${short(value.p50)} p99 ${short(value.p99)} of ${value.count}`
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)))
}

function column(field: string): SQL {
  return sql.raw(quoted(columnOf(field)))
}

function bucketText(dataset: Dataset): SQL {
  const zone = dataset.series?.zone ?? 'UTC'
  return sql`to_char(bucket at time zone ${zone}, 'YYYY-MM-DD HH24:MI') as bucket_text`
}
