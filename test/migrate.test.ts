import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCollector } from './support/collector.ts'
import { startCommand } from './support/command.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, read, send } from './support/send.ts'

let server: PostgresServer
let url: string
let sql: postgres.Sql
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())
beforeEach(async () => {
  url = await server.createDatabase()
  sql = postgres(url, { max: 4, onnotice: () => undefined })
})
afterEach(() => sql.end())

/** A configuration with a dataset `page` of these parts. */
function configOf(parts: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'trackable-migrate-')), 'trackable.config.ts')
  writeFileSync(
    file,
    `import { counter, defineConfig, defineDataset, sum } from '@trackable/dataset'
export const page = defineDataset('page', { ${parts} })
export default defineConfig({ datasets: [page] })\n`,
  )
  return file
}
const NARROW = `fields: { hits: counter() }, dimensions: { country: {} }, series: { grains: ['day'] }`
const WIDE = `label: "People's pages", fields: { hits: counter(), likes: counter({ label: 'Likes' }) },
  dimensions: { country: {}, device: {} }, series: { grains: ['day', 'hour'] }`

const migrate = (config: string, ...args: string[]) =>
  startCommand('collector', ['migrate', '--config', config, ...args], {
    cwd: mkdtempSync(join(tmpdir(), 'trackable-migrate-')),
    env: { DATABASE_URL: url },
  }).result
const fill = (rows: number) =>
  sql`insert into trackable.page_by_day (parent, bucket, country, hits)
    select 'p' || i, '2026-03-01Z', 'DE', 1 from generate_series(1, ${rows}::int) i`
const columns = async (table: string) =>
  (
    await sql<{ name: string }[]>`select attname as name from pg_attribute
      where attrelid = ${`trackable.${table}`}::regclass and attnum > 0 and not attisdropped order by 1`
  ).map(({ name }) => name)

describe('trackable migrate', () => {
  test('shows SQL that does the same where it is given to psql', async () => {
    for (const config of [configOf(NARROW), configOf(WIDE)]) {
      const { stdout } = await migrate(config, '--dry-run')
      const psql = postgres(url, { max: 1, onnotice: () => undefined })
      await psql.unsafe(stdout)
      await psql.end()
      expect((await migrate(config)).stdout).toContain('follow the configuration already')
    }
    expect(await columns('page_by_hour')).toEqual([
      'bucket',
      'country',
      'device',
      'hits',
      'likes',
      'parent',
      'updated_at',
    ])
  })

  test('drops the indexes that an older release made unasked, and leaves room in every table', async () => {
    const config = configOf(
      `${NARROW.replace('hits: counter()', 'hits: counter(), likes: counter()')}, ranked: ['likes']`,
    )
    await migrate(config)
    // As it was left: a definition that does not say what is ranked, an index on the first fields, full pages.
    await sql`update trackable._definitions set hash = 'older',
      definitions = (select json_agg(one::jsonb - 'ranked') from json_array_elements(definitions::json) as one)`
    await sql`create index page_top_hits on trackable.page (hits desc, parent)`
    await sql`alter table trackable.page reset (fillfactor)`
    expect((await migrate(config, '--dry-run')).stdout).toContain(
      '-- rank page no longer by hits\ndrop index',
    )
    expect((await migrate(config)).stdout).toContain('done: rank page no longer by hits\n')
    const indexes = await sql`select indexname from pg_indexes where tablename = 'page' order by 1`
    expect(indexes.map(({ indexname }) => indexname)).toEqual(['page_pkey', 'page_top_likes'])
    const roomy = await sql`select relname from pg_class where reloptions @> '{fillfactor=80}' order by 1`
    expect(roomy.map(({ relname }) => relname)).toEqual(['page', 'page_by_day', 'page_by_dimensions'])
  })

  test('refuses what loses data, with the rows and the SQL, and changes nothing until it may', async () => {
    await migrate(configOf(WIDE))
    await fill(3)
    const refused = await migrate(configOf(NARROW))
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(
      'dimension device of page_by_day is no longer declared: every row of page_by_day, 3 rows',
    )
    expect(refused.stderr).toContain('drop table if exists "trackable"."page_by_day"')
    expect(refused.stderr).toContain('--allow-destructive')
    const shown = await migrate(configOf(NARROW), '--dry-run')
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining('LOSES DATA')])
    const short = WIDE.replace(`'hour'] }`, `'hour'], keep: { day: '7d' } }`)
    expect((await migrate(configOf(short))).stderr).toContain(
      'page_by_day is kept for 7d, before for ever: older buckets, 3 rows',
    )
    expect(await sql`select count(*)::int as n from trackable.page_by_day`).toEqual([{ n: 3 }])
    expect((await migrate(configOf(NARROW), '--allow-destructive')).code).toBe(0)
    expect(await columns('page_by_day')).toEqual(['bucket', 'country', 'hits', 'parent', 'updated_at'])
    expect(await sql`select count(*)::int as n from trackable.page_by_day`).toEqual([{ n: 0 }])
  })

  test('starts what is new empty, and says in the comments and the API since when it counts', async () => {
    await migrate(configOf(NARROW))
    await fill(1)
    await sleep(5)
    const collector = await startCollector({ configFile: configOf(WIDE), databaseUrl: url })
    const { key } = await collector.createKey('secret')
    const { body } = await read(`${collector.url}/v1/datasets`, key)
    const { since } = body.datasets[0]
    const day = since.dataset.slice(0, 10)
    expect(since).toMatchObject({
      tables: { hour: expect.stringContaining(day) },
      fields: { likes: expect.stringContaining(day) },
      dimensions: { device: expect.stringContaining(day) },
    })
    expect(since.fields.likes > since.dataset).toBe(true)
    const comment = async (column: string) => {
      const [row] =
        await sql`select col_description('trackable.page_by_day'::regclass, attnum) as text from pg_attribute
        where attrelid = 'trackable.page_by_day'::regclass and attname = ${column}`
      return row!.text
    }
    expect(await comment('likes')).toMatch(/^Likes; counted since 20/)
    expect(await comment('hits')).toBe('hits')
    const [table] = await sql`select obj_description('trackable.page_by_hour'::regclass) as text`
    expect(table!.text).toMatch(/^People's pages: by hour, in UTC; counted since 20/)
    const at = '2026-03-01T12:00:00Z'
    const event = {
      dataset: 'page',
      parent: 'p1',
      at,
      fields: { hits: 1, likes: 2 },
      dimensions: { country: 'DE' },
    }
    await send(collector.url, batchOf(key, [event]))
    await read(`${collector.url}/v1/imports?name=none`, key)
    expect(await sql`select hits::int, likes::int, device from trackable.page_by_day`).toEqual([
      { hits: 2, likes: 2, device: '' },
    ])
    expect((await collector.cli(['verify', '--config', 'x'])).stdout).toContain('_by_day.hits sums up to 2')
    await collector.stop()
  })

  test('waits for whoever reads, in turns so short that nobody waits for it for five seconds', async () => {
    await migrate(configOf(NARROW))
    await fill(100_000)
    const report = await sql.reserve()
    await report`begin`
    await report`select count(*) from trackable.page_by_day`
    const migrated = migrate(configOf(WIDE))
    let longest = 0
    for (let end = Date.now() + 6000; Date.now() < end; await sleep(50)) {
      const asked = performance.now()
      await sql`select hits from trackable.page_by_day limit 1`
      longest = Math.max(longest, performance.now() - asked)
    }
    await report`commit`
    report.release()
    expect((await migrated).code).toBe(0)
    expect(longest).toBeLessThan(5000)
    console.log(`a reader waited for at most ${Math.round(longest)} ms`)
  })

  test('is done once by two that are started at once', async () => {
    await migrate(configOf(NARROW))
    const config = configOf(WIDE)
    const both = await Promise.all([migrate(config), migrate(config)])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(await sql`select max(version)::int as version from trackable._definitions`).toEqual([
      { version: 2 },
    ])
  })
})
