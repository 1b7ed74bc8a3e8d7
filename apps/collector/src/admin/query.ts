import { type Config, type Dataset, DefinitionError, suggestion } from '@trackable/dataset'
import { columnOf, tableOf } from '@trackable/dataset/fold'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, rowsOf } from '../db/connect.ts'
import { type FieldResult, fieldExpression, fieldOrder, fieldResult } from '../db/field-reads.ts'
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
      key === 'bucket' ? bucketText(dataset) : sql`${sql.raw(quoted(key))}::text as parent`,
    ),
    ...fields.map((field) => sql`${fieldExpression(field, dataset.fields[field]!)} as ${column(field)}`),
  ]
  const table = sql.raw(qualified(schema, tableOf(dataset.name, (series ?? 'totals') as 'totals')))
  const where = parent === undefined ? sql`` : sql`where parent::text = ${parent}`
  const by = top ?? fields[0]!
  const place = fieldOrder(by, dataset.fields[by]!)
  if (top !== undefined && !place) {
    throw new DefinitionError('invalid_definition', dataset.name, top, 'a custom field has no order')
  }
  const order = series ? sql`bucket desc` : place ? sql`${place} desc nulls last, parent` : sql`parent`
  const rows = await rowsOf(
    db,
    sql`select ${sql.join(selected, sql`, `)} from ${table} ${where}
      group by ${sql.join(
        keys.map((key) => sql.raw(quoted(key))),
        sql`, `,
      )} order by ${order} limit ${limit}::int`,
  )
  const columns = [...keys, ...fields]
  const texts = rows.map((row) => [
    ...keys.map((name) => String(row[name === 'bucket' ? 'bucket_text' : name])),
    ...fields.map((name) => shown(fieldResult(dataset.fields[name]!, row[columnOf(name)] as string | null))),
  ])
  return { columns, rows: series ? texts.reverse() : texts }
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
