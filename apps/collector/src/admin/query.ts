import { type Config, type Dataset, DefinitionError, suggestion } from '@trackable/dataset'
import { columnOf, tableOf } from '@trackable/dataset/fold'
import { type SQL, sql } from 'drizzle-orm'
import { bareType, PARENT_TYPES } from '../db/columns.ts'
import { type Db, rowsOf } from '../db/connect.ts'
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
  // Totals have one row a parent: as they are they come in the order of their index.
  const value = (field: string) => (series ? sql`sum(t.${column(field)})` : sql`t.${column(field)}`)
  const selected = [
    ...keys.map((key) =>
      key === 'bucket' ? bucketText(dataset) : sql`t.${sql.raw(quoted(key))}::text as parent`,
    ),
    ...fields.map((field) => sql`${value(field)}::text as ${column(field)}`),
  ]
  const table = sql.raw(qualified(schema, tableOf(dataset.name, (series ?? 'totals') as 'totals')))
  const type = sql.raw(bareType(PARENT_TYPES[dataset.parent]))
  const where = parent === undefined ? sql`` : sql`where t.parent = ${parent}::${type}`
  const group = sql`group by ${sql.join(
    keys.map((key) => sql.raw(quoted(key))),
    sql`, `,
  )}`
  const order = series ? sql`bucket desc` : sql`${value(top ?? fields[0]!)} desc, t.parent`
  const rows = await rowsOf(
    db,
    sql`select ${sql.join(selected, sql`, `)} from ${table} as t ${where}
      ${series ? group : sql``} order by ${order} limit ${limit}::int`,
  )
  const columns = [...keys, ...fields]
  const names = [...keys, ...fields.map(columnOf)]
  const texts = rows.map((row) => names.map((name) => String(row[name === 'bucket' ? 'bucket_text' : name])))
  return { columns, rows: series ? texts.reverse() : texts }
}

function column(field: string): SQL {
  return sql.raw(quoted(columnOf(field)))
}

function bucketText(dataset: Dataset): SQL {
  const zone = dataset.series?.zone ?? 'UTC'
  return sql`to_char(bucket at time zone ${zone}, 'YYYY-MM-DD HH24:MI') as bucket_text`
}
