import { tablesOf } from '@trackable/dataset/drizzle'
import { article } from '@trackable/fixtures/datasets/article.config.ts'
import { desc, eq, gt, type SQL, sql } from 'drizzle-orm'
import { pgTable, text } from 'drizzle-orm/pg-core'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate } from '../apps/collector/src/db/migrate.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'

const POSTS = 100_000

const posts = pgTable('posts', { id: text('id').primaryKey(), title: text('title').notNull() })
const { totals } = tablesOf(article)

let server: PostgresServer
let client: postgres.Sql
let db: PostgresJsDatabase
beforeAll(async () => {
  server = await startPostgres()
  // A collation that is not the bytes', as most databases have: with another one on our side no index would serve.
  const admin = postgres(server.url, { max: 1 })
  await admin.unsafe(`create database blog template template0 locale_provider icu icu_locale 'en-US'`)
  await admin.end()
  client = postgres(server.url.replace(/\/postgres$/, '/blog'), { max: 1, onnotice: () => undefined })
  db = drizzle(client)
  await migrate(db, 'trackable', [article], false)
  await client.unsafe(`
    create table posts (id text primary key, title text not null);
    insert into posts select 'p' || i, 'Post ' || i from generate_series(1, ${POSTS}) i;
    insert into trackable.article (parent, impressions, click_throughs)
      select 'p' || i, i, (i * 7919) % 1000003 from generate_series(1, ${POSTS}) i where i % 10 > 0;
    insert into trackable.article_by_dimensions (parent, country, click_throughs)
      select 'p' || i, country, 1 from generate_series(1, ${POSTS} / 10) i, (values ('DE'), ('FR'), ('')) as c(country);
    analyze`)
}, 120_000)
afterAll(async () => {
  await client?.end()
  await server?.stop()
})

async function explained(query: { getSQL(): SQL }): Promise<string> {
  const plan = await db.execute<{ 'QUERY PLAN': string }>(sql`explain (costs off) ${query.getSQL()}`)
  return plan.map((row) => row['QUERY PLAN']).join('\n')
}

async function timed<T>(name: string, act: () => Promise<T>): Promise<T> {
  await act()
  const began = performance.now()
  const result = await act()
  console.log(`${name}: ${(performance.now() - began).toFixed(1)} ms`)
  return result
}

describe(`the top of ${POSTS} posts`, () => {
  const joined = () => db.select().from(posts).leftJoin(totals, eq(totals.parent, posts.id))

  test('is one JOIN, with one row a post', async () => {
    const rows = await timed('left join, posts without counts first', async () =>
      joined().orderBy(desc(totals.clickThroughs)).limit(20),
    )
    expect(rows).toHaveLength(20)
    // In Postgres what is null comes first where the order falls.
    expect(rows[0]!.article).toBeNull()
    const [all] = await db
      .select({ rows: sql<number>`count(*)::int` })
      .from(posts)
      .leftJoin(totals, eq(totals.parent, posts.id))
    expect(all!.rows).toBe(POSTS)
  })

  test.each([
    [
      'left join of posts that have any',
      () => joined().where(gt(totals.clickThroughs, 0n)).orderBy(desc(totals.clickThroughs)).limit(20),
    ],
    [
      'inner join',
      () =>
        db
          .select()
          .from(posts)
          .innerJoin(totals, eq(totals.parent, posts.id))
          .orderBy(desc(totals.clickThroughs))
          .limit(20),
    ],
  ])('is found by the index of the field, %s', async (name, query) => {
    const plan = await explained(query())
    expect(plan).toContain('Index Scan using article_top_click_throughs')
    expect(plan).toContain('Index Scan using posts_pkey')
    expect(plan).not.toContain('Seq Scan')
    const rows = await timed(name, async () => query())
    const best =
      await client`select parent from trackable.article order by click_throughs desc, parent limit 20`
    expect(rows.map((row) => row.posts.id)).toEqual(best.map(({ parent }) => parent))
  })

  test('keeps its one row a post where the article is counted by dimensions too', async () => {
    const [row] = await db.execute<{ posts: number; clicks: number }>(sql`
      select count(*)::int as posts, sum(a.click_throughs)::int as clicks
      from posts left join ${totals} a on a.parent = posts.id where posts.id in ('p1', 'p2')`)
    expect(row).toEqual({ posts: 2, clicks: 3 * 7919 })
  })

  test('can be asked of a view in which no column has the name of one of the posts', async () => {
    const rows = await client`
      select * from posts left join trackable.article_prefixed on article_parent = id
      where article_click_throughs > 0 order by article_click_throughs desc limit 1`
    expect(Object.keys(rows[0]!)).toEqual([
      'id',
      'title',
      'article_parent',
      'article_impressions',
      'article_click_throughs',
      'article_likes',
      'article_revenue',
      'article_updated_at',
    ])
    const plan = await db.execute<{ 'QUERY PLAN': string }>(sql`explain (costs off)
      select * from posts join trackable.article_prefixed on article_parent = id order by article_click_throughs desc limit 1`)
    expect(plan.map((row) => row['QUERY PLAN']).join()).toContain('article_top_click_throughs')
  })
})
