import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, PERSON, read, send } from './support/send.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/reading.config.ts', import.meta.url))
const EMPTY = {
  hits: 0,
  revenue: 0,
  fastest: null,
  slowest: null,
  price: null,
  readers: 0,
  visitors: 0,
  readSeconds: { count: 0, sum: 0, min: null, max: null, p50: null, p90: null, p95: null, p99: null },
  rating: null,
}

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())

describe.each(['postgres', 'embedded'])(
  'every kind of field, from the request to the answer, on %s',
  (kind) => {
    let collector: CollectorProcess
    let databaseUrl: string | undefined
    let sk: string
    let pk: string
    const get = (path: string, key = sk) => read(`${collector.url}/v1/datasets/reading${path}`, key)
    const event = (at: string, fields: object, more: object = {}) => ({
      dataset: 'reading',
      parent: 'a',
      at,
      fields,
      ...more,
    })

    beforeAll(async () => {
      databaseUrl = kind === 'postgres' ? await server.createDatabase() : undefined
      collector = await startCollector({ configFile: CONFIG, ...(databaseUrl ? { databaseUrl } : {}) })
      sk = (await collector.createKey('secret')).key
      pk = (await collector.createKey('write')).key
      const [anna, ben] = [
        { address: '192.0.2.1', userAgent: PERSON },
        { address: '192.0.2.2', userAgent: PERSON },
      ]
      const de = { dimensions: { country: 'DE' } }
      // In two folds, so that states are merged in the database too.
      await send(
        collector.url,
        batchOf(sk, [
          event(
            '2026-03-28T10:00:00Z',
            { hits: 1, readSeconds: 0.1, readers: ['anna', 'ben'], price: 5 },
            { ...de, ...anna },
          ),
          event(
            '2026-03-28T11:00:00Z',
            { fastest: -2, slowest: 9.5, readSeconds: 0.2, price: 7 },
            { ...de, ...ben },
          ),
          event('2026-03-28T11:00:00Z', { rating: { stars: 5, weight: 1 }, revenue: '0.10' }),
          event('2026-03-28T11:00:00Z', { rating: { stars: 6, weight: 1 }, hits: 100 }),
        ]),
      )
      await read(`${collector.url}/v1/imports?name=none`, sk)
      await send(
        collector.url,
        batchOf(sk, [
          event('2026-03-29T10:00:00Z', { readSeconds: 30, readers: ['ben', 'carl'], price: 3 }, anna),
          event('2026-03-28T09:00:00Z', { fastest: 4, slowest: 4, price: 100, hits: 2 }, de),
          event('2026-03-28T11:00:00Z', { rating: { stars: 2, weight: 3 }, price: 6 }),
        ]),
      )
      await read(`${collector.url}/v1/imports?name=none`, sk)
    }, 120_000)
    afterAll(() => collector?.stop())

    test('totals say what was seen, and of an unknown parent that nothing was', async () => {
      const { body } = await get('/totals?parent=a&parent=nobody')
      expect(body.rows).toEqual([
        {
          parent: 'a',
          hits: 3,
          revenue: 0.1,
          fastest: -2,
          slowest: 9.5,
          price: 3,
          readers: 3,
          visitors: 2,
          readSeconds: {
            count: 3,
            sum: 30.3,
            min: 0.1,
            max: 30,
            p50: expect.closeTo(0.2, 2),
            p90: expect.closeTo(0.2, 2),
            p95: expect.closeTo(0.2, 2),
            p99: expect.closeTo(0.2, 2),
          },
          rating: 2.75,
        },
        { parent: 'nobody', ...EMPTY },
      ])
    })

    test('series say it by bucket, with nothing in the gaps, merged over dimensions', async () => {
      const { body } = await get(
        '/series?parent=a&grain=day&from=2026-03-27&to=2026-03-30&fields=readers,price,readSeconds&quantiles=0,1',
      )
      expect(body.rows.map(({ readers, price, readSeconds }: any) => [readers, price, readSeconds])).toEqual([
        [0, null, { count: 0, sum: 0, min: null, max: null, p0: null, p100: null }],
        [2, 7, { count: 2, sum: 0.3, min: 0.1, max: 0.2, p0: 0.1, p100: expect.closeTo(0.2, 2) }],
        [2, 3, { count: 1, sum: 30, min: 30, max: 30, p0: 30, p100: 30 }],
      ])
      const byCountry = await get('/totals?parent=a&by=country&fields=readers,slowest,rating')
      expect(byCountry.body.rows).toEqual([
        { parent: 'a', country: '', readers: 2, slowest: null, rating: 2.75 },
        { parent: 'a', country: 'DE', readers: 2, slowest: 9.5, rating: null },
      ])
      const everyone = await get('/series?grain=day&from=2026-03-28&to=2026-03-30&fields=readers&by=country')
      expect(everyone.body.rows).toHaveLength(4)
    })

    test('digits are quoted where they may be more than a number holds', async () => {
      const { body } = await get('/totals?parent=a&fields=hits,revenue,readers,readSeconds&bigint=string')
      expect(body.rows[0]).toMatchObject({
        hits: '3',
        revenue: '0.10',
        readers: 3,
        readSeconds: { count: 3 },
      })
    })

    test('quantiles that are none are refused', async () => {
      for (const wrong of ['1.1', 'x', '-1', '', Array(21).fill('0.5').join()]) {
        expect((await get(`/totals?parent=a&quantiles=${wrong}`)).status).toBe(400)
      }
      const fine = await get('/totals?parent=a&fields=readSeconds&quantiles=0.5,0.999')
      expect(Object.keys(fine.body.rows[0].readSeconds)).toEqual([
        'count',
        'sum',
        'min',
        'max',
        'p50',
        'p99.9',
      ])
    })

    test('an event at which the own aggregate fails is a dead letter, and counts nowhere', async () => {
      const { stdout } = await collector.cli(['dead', 'list', '--json'])
      expect(JSON.parse(stdout.trim())).toMatchObject({
        code: 'aggregate_failed',
        message: expect.stringContaining('6 stars are more than there are'),
      })
    })

    test('nobody is counted as a reader or a visitor who asks not to be', async () => {
      const post = (headers: object) =>
        fetch(`${collector.url}/v1/batches`, {
          method: 'POST',
          headers: { 'content-type': 'text/plain', 'user-agent': PERSON, ...headers },
          body: JSON.stringify(
            batchOf(pk, [
              { ...event(new Date().toISOString(), { hits: 1, readers: ['dora'] }), parent: 'quiet' },
            ]),
          ),
        })
      for (const headers of [{ 'sec-gpc': '1' }, { dnt: '1' }]) {
        expect(await (await post(headers)).json()).toMatchObject({ accepted: 1, rejected: [] })
      }
      await read(`${collector.url}/v1/imports?name=none`, sk)
      expect((await get('/totals?parent=quiet&fields=hits,readers,visitors')).body.rows).toEqual([
        { parent: 'quiet', hits: 2, readers: 0, visitors: 0 },
      ])
      await post({})
      await post({})
      await read(`${collector.url}/v1/imports?name=none`, sk)
      expect((await get('/totals?parent=quiet&fields=hits,readers,visitors', pk)).body.rows).toEqual([
        { parent: 'quiet', hits: 4, readers: 1, visitors: 1 },
      ])
    })

    test('the terminal shows them, and verify finds nothing wrong', async () => {
      const { stdout } = await collector.cli(['query', 'reading', '--top', 'readers'])
      expect(stdout).toMatch(/a .*p50 0\.\d+ p99 .* of 3/)
      expect(stdout).toContain('2.75')
      const verified = await collector.cli(['verify'])
      expect(verified.code, verified.stdout + verified.stderr).toBe(0)
    })

    test('no raw value of a unique, no address and no agent reaches log or tables', async () => {
      const folder = join(collector.controlDir, 'log')
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) =>
        file.isFile(),
      )
      const log = files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join()
      expect(log).toContain('"hits"')
      for (const raw of ['anna', 'carl', 'dora', '192.0.2.1', PERSON]) expect(log).not.toContain(raw)
    })

    if (kind !== 'postgres') return
    test('tables have a column for each number, empty ones null', async () => {
      const sql = postgres(databaseUrl!, { max: 1 })
      const [row] = await sql`select * from trackable.reading where parent = 'a'`
      expect(row).toMatchObject({
        price: 3,
        price_at: new Date('2026-03-29T10:00:00Z'),
        readers_count: '3',
        read_seconds_count: '3',
        read_seconds_sum: '30.3',
        read_seconds_min: 0.1,
        read_seconds_max: 30,
        rating: { total: 11, weight: 4 },
        rating_result: 2.75,
      })
      const [quiet] = await sql`select * from trackable.reading where parent = 'quiet'`
      expect(quiet).toMatchObject({
        fastest: null,
        price: null,
        price_at: null,
        read_seconds_p99: null,
        rating_result: null,
      })
      const [about] = await sql`select col_description('trackable.reading'::regclass, attnum) as comment
      from pg_attribute where attrelid = 'trackable.reading'::regclass and attname = 'read_seconds_p99'`
      expect(about!.comment).toBe('Seconds read: 99th percentile, within 1 %')
      await sql.end()
    })
  },
)
