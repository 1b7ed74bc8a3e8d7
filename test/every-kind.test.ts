import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, read, send } from './support/send.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())

/** A configuration with a dataset `page` of these fields. */
function configOf(fields: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'trackable-kinds-')), 'trackable.config.ts')
  writeFileSync(
    file,
    `import { counter, custom, defineConfig, defineDataset, distribution, last, max, min, sum, unique } from '@trackable/dataset'
const mean = custom({
  empty: () => [0, 0],
  add: ([n, sum], value) => [n + 1, sum + value],
  merge: ([n, sum], [m, more]) => [n + m, sum + more],
  result: ([n, sum]) => (n === 0 ? null : sum / n),
  input: (value) => (Number.isInteger(value) ? value : undefined),
  json: { encode: ([n, sum]) => ({ n, sum }), decode: ({ n, sum }) => [n, sum] },
})
const fields = { ${fields} }
export const page = defineDataset('page', { fields, ranked: Object.keys(fields).filter((name) => name !== 'mean'),
  dimensions: { country: {} }, series: { grains: ['day'] } })
export default defineConfig({ datasets: [page] })\n`,
  )
  return file
}
const NARROW = 'hits: counter()'
const WIDE = `${NARROW}, read: unique(), wait: distribution(), price: last(), slowest: max(), fastest: min(), paid: sum({ scale: 2 }), mean`

const DAY = (day: number) => `2026-03-0${day}T12:00:00Z`
const event = (parent: string, day: number, fields: object, country = '') => ({
  dataset: 'page',
  parent,
  at: DAY(day),
  fields,
  ...(country ? { dimensions: { country } } : {}),
})

/** A collector, and what is asked of it. */
async function started(configFile: string, databaseUrl: string) {
  const collector = await startCollector({ configFile, databaseUrl })
  const { key } = await collector.createKey('secret')
  const get = (path: string) => read(`${collector.url}/v1${path}`, key)
  const text = async (path: string) =>
    (await fetch(`${collector.url}/v1${path}`, { headers: { authorization: `Bearer ${key}` } })).text()
  const count = async (events: object[]) => {
    const { status } = await send(collector.url, batchOf(key, events))
    expect(status).toBe(202)
    await get('/imports?name=none')
  }
  const verified = async () => (await collector.cli(['verify', '--config', configFile])).code
  return { collector, get, text, count, verified }
}

test('a migration adds and drops every column of every kind of field, and all of it verifies', async () => {
  const databaseUrl = await server.createDatabase()
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
  const columns = async (table: string) =>
    (
      await sql<{ name: string }[]>`select attname as name from pg_attribute
        where attrelid = ${`trackable.${table}`}::regclass and attnum > 0 and not attisdropped order by attnum`
    ).map(({ name }) => name)
  const own = ['parent', 'bucket', 'country', 'hits', 'updated_at']
  const wait = ['wait', ...['count', 'sum', 'min', 'max', 'p50', 'p90', 'p99'].map((part) => `wait_${part}`)]
  const added = ['read', 'read_count', ...wait, 'price', 'price_at']
  added.push('slowest', 'fastest', 'paid', 'mean', 'mean_result')

  const narrow = await started(configOf(NARROW), databaseUrl)
  await narrow.count([event('a', 1, { hits: 1 }, 'DE')])
  // Over the control socket: a running collector is told of the definitions as JSON, which has no functions.
  expect(await narrow.collector.cli(['migrate', '--config', configOf(WIDE)])).toMatchObject({ code: 0 })
  expect(await columns('page_by_day')).toEqual([...own, ...added])
  expect(await sql`select hits::int, read_count::int, wait_sum, price, mean from trackable.page`).toEqual([
    { hits: 1, read_count: 0, wait_sum: '0', price: null, mean: { n: 0, sum: 0 } },
  ])
  // It has only less to tell, and goes on beside a successor.
  await narrow.count([event('a', 1, { hits: 1 }, 'DE')])
  expect(await sql`select hits::int from trackable.page`).toEqual([{ hits: 2 }])
  await narrow.collector.stop()

  const wide = await started(configOf(WIDE), databaseUrl)
  const everything = { read: ['x', 'y'], wait: 2, price: 5, slowest: 7, fastest: 7, paid: '1.50', mean: 3 }
  await wide.count([
    event('a', 1, everything, 'DE'),
    event('a', 2, { read: ['y', 'z'], wait: 4, mean: 5, fastest: -1 }, 'DE'),
  ])
  const { body } = await wide.get('/datasets/page/totals?parent=a')
  expect(body.rows).toMatchObject([
    {
      hits: 2,
      read: 3,
      wait: { count: 2, sum: 6, min: 2, max: 4 },
      price: 5,
      slowest: 7,
      fastest: -1,
      paid: 1.5,
      mean: 4,
    },
  ])
  expect(await wide.verified()).toBe(0)
  const since = (await wide.get('/datasets')).body.datasets[0].since.fields
  expect(Object.keys(since).sort()).toEqual(
    ['fastest', 'mean', 'paid', 'price', 'read', 'slowest', 'wait'].sort(),
  )

  // A counter takes the name of a column that a distribution had beside its own.
  const renamed = configOf(`${NARROW}, waitCount: counter(), read: counter()`)
  const refused = await wide.collector.cli(['migrate', '--config', renamed])
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining('read was a unique: every value of page.read, 1 rows'),
  ])
  expect((await wide.collector.cli(['migrate', '--config', renamed, '--allow-destructive'])).code).toBe(0)
  await wide.collector.stop()
  expect(await columns('page_by_day')).toEqual([...own, 'wait_count', 'read'])
  for (const table of ['_since', '_control']) {
    const names = await sql<
      { name: string }[]
    >`select distinct column_name as name from ${sql(`trackable.${table}`)}`
    expect(names.map(({ name }) => name)).not.toContain('wait_p50')
    expect(names.map(({ name }) => name)).not.toContain('read_count')
  }
  const indexes = await sql<
    { name: string }[]
  >`select indexname as name from pg_indexes where tablename = 'page'`
  expect(indexes.map(({ name }) => name).sort()).toEqual(
    ['page_pkey', 'page_top_hits', 'page_top_read', 'page_top_wait_count'].sort(),
  )
  const last = await started(renamed, databaseUrl)
  await last.count([event('a', 1, { waitCount: 3, read: 4 })])
  expect((await last.get('/datasets/page/totals?parent=a')).body.rows).toEqual([
    { parent: 'a', hits: 2, waitCount: 3, read: 4 },
  ])
  expect(await last.verified()).toBe(0)
  await last.collector.stop()
  await sql.end()
}, 300_000)

describe('reads of every kind', () => {
  let made: Awaited<ReturnType<typeof started>>
  let collector: CollectorProcess
  beforeAll(async () => {
    made = await started(configOf(WIDE), await server.createDatabase())
    collector = made.collector
    await made.count([
      // The same three on both days: 3 together, where b has 4.
      event('a', 1, { read: ['1', '2', '3'], wait: 1, slowest: 0.5, mean: 1 }, 'DE'),
      event('a', 2, { read: ['1', '2', '3'], wait: 1, slowest: 0.25 }, 'FR'),
      event('b', 1, { read: ['1', '2'], wait: 10, price: 1e21 }, 'DE'),
      event('b', 2, { read: ['3', '4'], slowest: -1e-7 }, 'DE'),
      event('c', 1, { hits: 1 }),
    ])
  }, 120_000)
  afterAll(() => collector?.stop())
  const ranks = async (query: string, field: string) => {
    const rows: unknown[] = []
    for (let cursor = ''; ; ) {
      const { status, body } = await made.get(`/datasets/page/top?field=${field}&${query}&limit=1${cursor}`)
      expect([status, body.message]).toEqual([200, undefined])
      rows.push(
        ...body.rows.map((row: any) => [row.parent, ...(row.country ? [row.country] : []), row[field]]),
      )
      if (!body.cursor) return rows
      cursor = `&cursor=${body.cursor}`
    }
  }
  const SPAN = 'grain=day&from=2026-03-01&to=2026-03-03'

  test('put parents in order of a unique, in a span by the union of its buckets', async () => {
    const union = [
      ['b', 4],
      ['a', 3],
      ['c', 0],
    ]
    expect(await ranks('', 'read')).toEqual(union)
    expect(await ranks(SPAN, 'read')).toEqual(union)
    expect(await ranks(`${SPAN}&by=country`, 'read')).toEqual([
      ['b', 'DE', 4],
      ['a', 'DE', 3],
      ['a', 'FR', 3],
      ['c', 0],
    ])
  })

  test('put them in order of what a distribution has seen and of numbers, where there are any', async () => {
    const seen = (await ranks(SPAN, 'wait')).map((row: any) => [row[0], row[1].count])
    expect(seen).toEqual([
      ['a', 2],
      ['b', 1],
      ['c', 0],
    ])
    for (const query of ['', SPAN, 'by=country'])
      expect((await ranks(query, 'slowest'))[0]).toEqual(
        query === 'by=country' ? ['a', 'DE', 0.5] : ['a', 0.5],
      )
    expect(await ranks('', 'slowest')).toEqual([
      ['a', 0.5],
      ['b', -1e-7],
    ])
    expect(await ranks(SPAN, 'price')).toEqual([['b', 1e21]])
    const refused = await made.get('/datasets/page/top?field=mean')
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining('no one number')])
  })

  test('export them as they are read, JSON in a cell of CSV, and nothing for null', async () => {
    const lines = (await made.text('/export/page?fields=read&fields=wait&fields=mean&fields=price')).trim()
    expect(JSON.parse(lines.split('\n')[0]!)).toMatchObject({
      parent: 'a',
      read: 3,
      wait: { count: 2, sum: 2 },
      mean: 1,
      price: null,
    })
    const csv = await made.text('/export/page?format=csv&quantiles=0.5&fields=read&fields=wait&fields=price')
    expect(csv.split('\r\n')[1]).toMatch(
      /^a,3,"\{""count"":2,""sum"":2,""min"":1,""max"":1,""p50"":[\d.]+\}",$/,
    )
    expect((await made.text('/export/page?grain=day')).trim().split('\n')).toHaveLength(5)
  })

  test('show badges of one number, and a table in the terminal', async () => {
    const badge = (field: string) => made.text(`/datasets/page/badge.svg?parent=a&field=${field}`)
    expect(await badge('read')).toContain('read: 3</title>')
    expect(await badge('price')).toContain('price: –</title>')
    expect(await badge('wait')).toContain('not one number')
    const top = await collector.cli(['query', 'page', '--top', 'read'])
    const parents = top.stdout.split('\n').map((line) => line.trim().split(/\s+/)[0])
    expect(parents.filter((name) => name === 'a' || name === 'b' || name === 'c')).toEqual(['b', 'a', 'c'])
    const none = await collector.cli(['query', 'page', '--top', 'mean'])
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('has no order')])
  })

  test('tell them as they are folded', async () => {
    const abort = new AbortController()
    const { key } = await collector.createKey('secret')
    const answer = await fetch(`${collector.url}/v1/live?parent=live`, {
      headers: { authorization: `Bearer ${key}` },
      signal: abort.signal,
    })
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    await made.count([event('live', 1, { read: ['1', '2'], wait: 2, mean: 8 })])
    let told = ''
    while (!told.includes('"parent":"live"')) told += (await reader.read()).value
    expect(told).toContain('"read":2,"wait":{"count":1,"sum":2,')
    expect(told).toContain('"mean":8')
    abort.abort()
  })
})
