import { and, eq, sql } from 'drizzle-orm'
import { type PgDatabase, type PgQueryResultHKT, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { expectTypeOf } from 'vitest'
import { defineDataset } from './dataset.ts'
import { tablesOf } from './drizzle.ts'
import { counter, custom, distribution, last, min, sum, unique } from './field.ts'

declare const db: PgDatabase<PgQueryResultHKT>

const article = defineDataset('article', {
  parent: 'uuid',
  fields: { clickThroughs: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: {} },
  series: { grains: ['hour', 'day'] },
})
const posts = pgTable('posts', { id: uuid('id').primaryKey(), title: text('title').notNull() })
const { totals, dimensions, hour, day } = tablesOf(article)

// A JOIN on the totals gives one row a post, whose counts may be missing.
const joined = await db.select().from(posts).leftJoin(totals, eq(totals.parent, posts.id))
expectTypeOf(joined).toEqualTypeOf<
  { posts: { id: string; title: string }; article: typeof totals.$inferSelect | null }[]
>()
const row = await db
  .select({ title: posts.title, clicks: totals.clickThroughs, revenue: totals.revenue })
  .from(posts)
  .leftJoin(totals, eq(totals.parent, posts.id))
expectTypeOf(row).toEqualTypeOf<{ title: string; clicks: bigint | null; revenue: string | null }[]>()

// A table is named as in the database.
const shares = tablesOf(
  defineDataset('articleShares', { fields: { hits: counter() }, series: { grains: ['day'] } }),
)
expectTypeOf<typeof shares.totals._.name>().toEqualTypeOf<'article_shares'>()
expectTypeOf<typeof shares.day._.name>().toEqualTypeOf<'article_shares_by_day'>()

// Each table has the columns of its key.
expectTypeOf<typeof totals.$inferSelect>().toEqualTypeOf<{
  parent: string
  clickThroughs: bigint
  revenue: string
  updatedAt: Date
}>()
expectTypeOf<(typeof dimensions.$inferSelect)['country']>().toEqualTypeOf<string>()
expectTypeOf<(typeof hour.$inferSelect)['bucket']>().toEqualTypeOf<Date>()
await db
  .select()
  .from(day)
  .where(and(eq(day.country, 'DE'), sql`${day.bucket} > now()`))

// Each kind of field has its columns, named after it.
const mean = custom({
  empty: () => 0,
  add: (state, value: number) => state + value,
  merge: (a, b) => a + b,
  result: (state) => state,
  input: Number,
})
const every = tablesOf(
  defineDataset('every', {
    fields: { low: min(), price: last(), readers: unique(), readSeconds: distribution(), mean },
    series: { grains: ['day'] },
  }),
)
expectTypeOf<typeof every.day.$inferSelect>().toEqualTypeOf<{
  parent: string
  bucket: Date
  low: number | null
  price: number | null
  priceAt: Date | null
  readers: Uint8Array
  readersCount: bigint
  readSeconds: Uint8Array
  readSecondsCount: bigint
  readSecondsSum: string
  readSecondsMin: number | null
  readSecondsMax: number | null
  readSecondsP50: number | null
  readSecondsP90: number | null
  readSecondsP99: number | null
  mean: unknown
  meanResult: unknown
  updatedAt: Date
}>()
expectTypeOf<typeof every.totals._.name>().toEqualTypeOf<'every'>()

// The type of a parent is the declared one.
const link = tablesOf(defineDataset('link', { parent: 'bigint', fields: { clicks: counter() } }))
expectTypeOf<(typeof link.totals.$inferSelect)['parent']>().toEqualTypeOf<bigint>()
eq(link.totals.parent, 1n)

// What is not declared is not there.
// @ts-expect-error no such grain
tablesOf(article).week
// @ts-expect-error no such field
totals.impressions
// @ts-expect-error totals have no dimensions
totals.country
// @ts-expect-error a uuid is not a number
eq(totals.parent, 1)
