import { eq } from 'drizzle-orm'
import { getTableConfig, type PgTable, pgTable, QueryBuilder, text } from 'drizzle-orm/pg-core'
import { describe, expect, it } from 'vitest'
import { defineDataset } from './dataset.ts'
import { tablesOf } from './drizzle.ts'
import { counter, distribution, last, sum, unique } from './field.ts'

const article = defineDataset('article', {
  fields: { clickThroughs: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: {} },
  series: { grains: ['day'] },
})
const shapeOf = (table: PgTable) => {
  const { schema, name, columns, primaryKeys } = getTableConfig(table)
  const types = Object.fromEntries(columns.map((column) => [column.name, column.getSQLType()]))
  return { name: `${schema}.${name}`, types, key: primaryKeys[0]?.columns.map((column) => column.name) }
}

describe('the Drizzle tables of a dataset', () => {
  const tables = tablesOf(article)

  it('are the tables that the collector writes', () => {
    const fields = { click_throughs: 'bigint', revenue: 'numeric' }
    const updated = { updated_at: 'timestamp with time zone' }
    expect(shapeOf(tables.totals)).toEqual({
      name: 'trackable.article',
      types: { parent: 'text', ...fields, ...updated },
      key: ['parent'],
    })
    expect(shapeOf(tables.dimensions)).toEqual({
      name: 'trackable.article_by_dimensions',
      types: { parent: 'text', country: 'text', ...fields, ...updated },
      key: ['parent', 'country'],
    })
    expect(shapeOf(tables.day)).toEqual({
      name: 'trackable.article_by_day',
      types: { parent: 'text', bucket: 'timestamp with time zone', country: 'text', ...fields, ...updated },
      key: ['parent', 'bucket', 'country'],
    })
  })

  it('leave out the dimensions of a dataset without any', () => {
    expect(Object.keys(tablesOf(defineDataset('link', { fields: { clicks: counter() } })))).toEqual([
      'totals',
    ])
  })

  it('have every column of a field, named after it', () => {
    const every = tablesOf(
      defineDataset('every', { fields: { price: last(), readers: unique(), readSeconds: distribution() } }),
    )
    expect(shapeOf(every.totals).types).toEqual({
      parent: 'text',
      price: 'double precision',
      price_at: 'timestamp with time zone',
      readers: 'bytea',
      readers_count: 'bigint',
      read_seconds: 'bytea',
      read_seconds_count: 'bigint',
      read_seconds_sum: 'numeric',
      read_seconds_min: 'double precision',
      read_seconds_max: 'double precision',
      read_seconds_p50: 'double precision',
      read_seconds_p90: 'double precision',
      read_seconds_p99: 'double precision',
      updated_at: 'timestamp with time zone',
    })
    expect(every.totals.readSecondsP99.name).toBe('read_seconds_p99')
  })

  it('live in the schema that is named', () => {
    expect(shapeOf(tablesOf(article, 'counts').totals).name).toBe('counts.article')
  })

  it('join a table of the user by parent', () => {
    const posts = pgTable('posts', { id: text('id').primaryKey() })
    const { totals } = tables
    const query = new QueryBuilder()
      .select({ id: posts.id, clicks: totals.clickThroughs })
      .from(posts)
      .leftJoin(totals, eq(totals.parent, posts.id))
    expect(query.toSQL().sql).toBe(
      'select "posts"."id", "trackable"."article"."click_throughs" from "posts" ' +
        'left join "trackable"."article" on "trackable"."article"."parent" = "posts"."id"',
    )
  })
})
