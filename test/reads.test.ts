import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, read, send } from './support/send.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/article.config.ts', import.meta.url))

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())

describe.each(['postgres', 'embedded'])('reads on %s', (kind) => {
  let collector: CollectorProcess
  let pk: string
  let sk: string
  const get = (path: string, key = sk, headers = {}) =>
    read(`${collector.url}/v1/datasets${path}`, key, headers)

  beforeAll(async () => {
    const database = kind === 'postgres' ? { databaseUrl: await server.createDatabase() } : {}
    collector = await startCollector({ configFile: CONFIG, ...database })
    pk = (await collector.createKey('write')).key
    sk = (await collector.createKey('secret')).key
    const event = (parent: string, at: string, fields: object, country?: string) => ({
      dataset: 'article',
      parent,
      at,
      fields,
      ...(country ? { dimensions: { country } } : {}),
    })
    await send(
      collector.url,
      batchOf(sk, [
        event('a', '2026-03-28T22:59:59Z', { impressions: 1 }, 'DE'),
        event('a', '2026-03-28T23:00:00Z', { impressions: 2, revenue: '0.10' }, 'DE'),
        event('a', '2026-03-29T21:59:59Z', { impressions: 4, revenue: '0.20' }, 'FR'),
        event('a', '2026-03-29T22:00:00Z', { impressions: 8 }),
        event('A', '2026-03-29T22:00:00Z', { impressions: '9007199254740993', likes: -3 }),
      ]),
    )
    await read(`${collector.url}/v1/imports?name=none`, sk)
  }, 120_000)
  afterAll(() => collector?.stop())

  test('give totals in the order asked, zeros for the unknown, all digits', async () => {
    const answer = await fetch(`${collector.url}/v1/datasets/article/totals?parent=zz&parent=a&parent=A`, {
      headers: { authorization: `Bearer ${sk}` },
    })
    expect(await answer.text()).toBe(
      '{"rows":[{"parent":"zz","impressions":0,"clickThroughs":0,"likes":0,"revenue":0.00},' +
        '{"parent":"a","impressions":15,"clickThroughs":0,"likes":0,"revenue":0.30},' +
        '{"parent":"A","impressions":9007199254740993,"clickThroughs":0,"likes":-3,"revenue":0.00}]}',
    )
    const quoted = await get('/article/totals?parent=A&fields=impressions&bigint=string')
    expect(quoted.body.rows).toEqual([{ parent: 'A', impressions: '9007199254740993' }])
  })

  test('give totals by dimension, whose sum is the total', async () => {
    const { body } = await get('/article/totals?parent=a&fields=impressions&by=country')
    expect(body.rows).toEqual([
      { parent: 'a', country: '', impressions: 8 },
      { parent: 'a', country: 'DE', impressions: 3 },
      { parent: 'a', country: 'FR', impressions: 4 },
    ])
  })

  test('give a series in local days of 23 hours too, gaps filled', async () => {
    const { body } = await get(
      '/article/series?parent=a&grain=day&from=2026-03-28&to=2026-04-01&fields=impressions,revenue',
    )
    expect(body).toEqual({
      grain: 'day',
      zone: 'Europe/Berlin',
      by: [],
      rows: [
        { bucket: '2026-03-28T00:00:00+01:00', impressions: 1, revenue: 0 },
        { bucket: '2026-03-29T00:00:00+01:00', impressions: 6, revenue: 0.3 },
        { bucket: '2026-03-30T00:00:00+02:00', impressions: 8, revenue: 0 },
        { bucket: '2026-03-31T00:00:00+02:00', impressions: 0, revenue: 0 },
      ],
    })
    const hours = await get('/article/series?grain=hour&from=2026-03-29&to=2026-03-30&fields=impressions')
    expect(hours.body.rows.length).toBe(23)
  })

  test('give a series by dimension', async () => {
    const { body } = await get(
      '/article/series?parent=a&grain=day&from=2026-03-29T12:00:00Z&to=2026-03-30&by=country&fields=impressions',
    )
    expect(body.rows).toEqual([
      { bucket: '2026-03-29T00:00:00+01:00', country: 'DE', impressions: 2 },
      { bucket: '2026-03-29T00:00:00+01:00', country: 'FR', impressions: 4 },
    ])
  })

  test('answer 304 while nothing has changed', async () => {
    const first = await get('/article/totals?parent=a')
    const tag = first.headers.get('etag') ?? ''
    expect((await get('/article/totals?parent=a', sk, { 'if-none-match': tag })).status).toBe(304)
    expect((await get('/article/totals?parent=A', sk, { 'if-none-match': tag })).status).toBe(200)
  })

  test('show a write key what is public, and nothing else', async () => {
    expect((await get('/article/totals?parent=a', pk)).body.rows).toEqual([
      { parent: 'a', impressions: 15, clickThroughs: 0 },
    ])
    expect((await get('/article/totals?parent=a&fields=likes', pk)).status).toBe(403)
    expect((await get('', pk)).status).toBe(403)
    expect((await get('')).body.datasets[0]).toMatchObject({
      name: 'article',
      fields: { likes: { kind: 'counter' } },
    })
    expect((await get('/article/totals?parent=a', 'pk_unknown')).status).toBe(401)
  })

  test.each([
    ['/artcle/totals?parent=a', 404, 'did you mean "article"'],
    ['/article/totals', 400, 'parent'],
    [`/article/totals?${'parent=x&'.repeat(501)}`, 400, '500'],
    ['/article/totals?parent=a&fields=impresions', 400, 'did you mean "impressions"'],
    ['/article/totals?parent=a&by=city', 400, 'country'],
    ['/article/series?grain=year', 400, 'hour, day'],
    ['/article/series?grain=day&from=soon', 400, 'ISO 8601'],
    ['/article/series?grain=hour&from=2000-01-01&to=2020-01-01', 400, '10000 rows'],
  ])('refuse %s with %i and say what there is', async (path, status, message) => {
    const answer = await get(path)
    expect(answer.status).toBe(status)
    expect(answer.body.message).toContain(message)
  })
})
