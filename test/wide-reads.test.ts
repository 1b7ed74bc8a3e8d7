import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, read, send } from './support/send.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/article.config.ts', import.meta.url))
const HUGE = '9007199254740993'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())

describe.each(['postgres', 'embedded'])('wide reads on %s', (kind) => {
  let collector: CollectorProcess
  let pk: string
  let sk: string
  const get = (path: string, key = sk, headers = {}) => read(`${collector.url}/v1${path}`, key, headers)
  const text = async (path: string, key = sk) => {
    const answer = await fetch(`${collector.url}/v1${path}`, { headers: { authorization: `Bearer ${key}` } })
    return { status: answer.status, headers: answer.headers, body: await answer.text() }
  }
  const event = (parent: string, at: string, impressions: number | string, country?: string) => ({
    dataset: 'article',
    parent,
    at,
    fields: { impressions },
    ...(country ? { dimensions: { country } } : {}),
  })
  const count = async (events: object[]) => {
    await send(collector.url, batchOf(sk, events))
    await read(`${collector.url}/v1/imports?name=none`, sk)
  }

  beforeAll(async () => {
    const database = kind === 'postgres' ? { databaseUrl: await server.createDatabase() } : {}
    collector = await startCollector({ configFile: CONFIG, ...database })
    pk = (await collector.createKey('write')).key
    sk = (await collector.createKey('secret')).key
    await count([
      event('a,"1"', '2026-03-28T12:00:00Z', 5, 'DE'),
      event('b', '2026-03-28T12:00:00Z', 5, 'FR'),
      event('b', '2026-03-30T12:00:00Z', HUGE, '7'),
      event('c', '2026-03-30T12:00:00Z', 1),
      event('d', '2026-03-30T12:00:00Z', -4),
    ])
  }, 120_000)
  afterAll(() => collector?.stop())

  const ranks = ({ body }: { body: any }) => body.rows.map((row: any) => [row.parent, row.impressions])

  test('give the top by totals, page by page, with all digits', async () => {
    const first = await get(
      '/datasets/article/top?field=impressions&limit=2&fields=impressions&bigint=string',
    )
    expect(ranks(first)).toEqual([
      ['b', '9007199254740998'],
      ['a,"1"', '5'],
    ])
    const next = `/datasets/article/top?field=impressions&limit=2&fields=impressions&cursor=${first.body.cursor}`
    const second = await get(next)
    expect(second.body).toEqual({
      rows: [
        { parent: 'c', impressions: 1 },
        { parent: 'd', impressions: -4 },
      ],
      cursor: null,
    })
    const tag = second.headers.get('etag') ?? ''
    expect((await get(next, sk, { 'if-none-match': tag })).status).toBe(304)
  })

  test('give the top of a span and by a dimension, where equal ones are in the order of their names', async () => {
    const span = 'field=impressions&grain=day&from=2026-03-28T20:00:00%2B01:00&to=2026-03-29'
    expect(ranks(await get(`/datasets/article/top?${span}`))).toEqual([
      ['a,"1"', 5],
      ['b', 5],
    ])
    const one = await get(`/datasets/article/top?${span}&limit=1&by=country`)
    expect(one.body.rows).toMatchObject([{ parent: 'a,"1"', country: 'DE', impressions: 5 }])
    const two = await get(`/datasets/article/top?${span}&limit=1&by=country&cursor=${one.body.cursor}`)
    expect(two.body).toMatchObject({ rows: [{ parent: 'b', country: 'FR' }], cursor: null })
    const by = await get('/datasets/article/top?field=impressions&by=country&limit=3&fields=impressions')
    expect(by.body.rows.map((row: any) => row.country)).toEqual(['7', 'DE', 'FR'])
  })

  test.each([
    ['/datasets/article/top?field=impresions', 400, 'did you mean "impressions"'],
    ['/datasets/article/top', 400, 'no field ""'],
    ['/datasets/article/top?field=likes&limit=0', 400, 'from 1 to 1000'],
    ['/datasets/article/top?field=likes&cursor=abc', 400, 'cursor'],
    ['/datasets/article/top?field=likes&grain=year', 400, 'hour, day'],
    ['/datasets/article/badge.svg?field=likes', 400, 'parent'],
    ['/datasets/article/badge.svg?parent=b&field=like', 400, 'likes'],
    ['/export/articel', 404, 'article'],
    ['/export/article?grain=week', 400, 'no table "week"'],
    ['/export/article?format=xml', 400, 'csv or ndjson'],
    ['/export/article?cursor=b', 400, 'parent'],
    ['/export/article?grain=day&cursor=["b","soon",""]', 400, 'bucket'],
    ['/live?dataset=articel', 404, 'article'],
  ])('refuse %s with %i and say what there is', async (path, status, message) => {
    const answer = await get(path)
    expect(answer.status).toBe(status)
    expect(answer.body.message).toContain(message)
  })

  test("answer a cursor of anybody's making with 200 or 400", async () => {
    const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    for (const forged of [
      [`${'9'.repeat(30)}`, 'b'],
      ['1e9', 'b'],
      [1, 2],
      ['1', 'b', 'x'],
      ["1'", "'"],
      ['-1', "';--"],
    ]) {
      const { status } = await get(`/datasets/article/top?field=impressions&cursor=${cursor(forged)}`)
      expect([200, 400]).toContain(status)
    }
  })

  test('show a write key badges of what is public, and no top and no export', async () => {
    const badge = await text(
      '/datasets/article/badge.svg?parent=b&field=impressions&label=%3Cscript%3E%26',
      pk,
    )
    expect(badge.status).toBe(200)
    expect(badge.headers.get('content-type')).toContain('image/svg+xml')
    expect(badge.body).toContain('9,007,199,254,740,998')
    expect(badge.body).not.toContain('<script>')
    expect((await text('/datasets/article/badge.svg?parent=b&field=likes', pk)).status).toBe(403)
    expect((await text('/datasets/article/badge.svg?parent=zz&field=impressions', pk)).body).toContain(
      ': 0</title>',
    )
    expect((await get('/datasets/article/top?field=impressions', pk)).status).toBe(403)
    expect((await get('/export/article', pk)).status).toBe(403)
  })

  test('export whole tables as CSV and NDJSON, and go on behind a row', async () => {
    const csv = await text('/export/article?format=csv&fields=impressions')
    expect(csv.body).toBe(`parent,impressions\r\n"a,""1""",5\r\nb,9007199254740998\r\nc,1\r\nd,-4\r\n`)
    const days = (await text('/export/article?grain=day&fields=impressions')).body.trim().split('\n')
    expect(days).toContain(
      `{"parent":"b","bucket":"2026-03-30T00:00:00+02:00","country":"7","impressions":${HUGE}}`,
    )
    expect(days).toHaveLength(5)
    const { parent, bucket, country } = JSON.parse(days[1]!)
    const cursor = JSON.stringify([parent, bucket, country])
    for (const sent of [encodeURIComponent(cursor), cursor]) {
      const rest = await text(`/export/article?grain=day&fields=impressions&cursor=${sent}`)
      expect(rest.body.trim().split('\n')).toEqual(days.slice(2))
    }
    expect((await text('/export/article?grain=dimensions')).body.split('\n')).toHaveLength(6)
  })

  test('tell totals as they are folded, each key what it may read', async () => {
    const watch = (path: string, key: string) => listen(`${collector.url}/v1/live${path}`, key)
    const all = await watch('?dataset=article', sk)
    const open = await watch('?parent=live', pk)
    await count([event('live', '2026-03-30T12:00:00Z', 2), event('dull', '2026-03-30T12:00:00Z', 1)])
    await count([event('live', '2026-03-30T12:00:00Z', 3)])
    expect(await open.until((rows) => rows.some((row) => row.impressions === 5))).toEqual([
      'clickThroughs',
      'impressions',
      'parent',
    ])
    await all.until((rows) => rows.some((row) => row.parent === 'dull' && row.revenue === 0))
    expect(open.rows.every((row) => row.parent === 'live')).toBe(true)
    open.close()
    all.close()
  })

  test('end a stream whose key is revoked', async () => {
    const { id, key } = await collector.createKey('secret')
    const stream = await listen(`${collector.url}/v1/live`, key)
    expect((await collector.cli(['keys', 'revoke', id])).code).toBe(0)
    await expect(stream.until(() => false)).rejects.toThrow('the stream ended')
  })

  test('say since when a dataset is counted', async () => {
    const { body } = await get('/datasets')
    expect(body.datasets[0].since).toMatchObject({
      dataset: expect.stringMatching(/^20/),
      fields: {},
      tables: {},
    })
  })
})

/** Listens to server-sent events, and waits for the rows that they told. */
async function listen(url: string, key: string) {
  const abort = new AbortController()
  const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` }, signal: abort.signal })
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  const rows: any[] = []
  let text = ''
  return {
    rows,
    close: () => abort.abort(),
    async until(found: (rows: any[]) => boolean): Promise<string[]> {
      while (!found(rows)) {
        const { value, done } = await reader.read()
        if (done) throw new Error(`the stream ended after ${text}`)
        text += value
        const blocks = text.split('\n\n')
        text = blocks.pop()!
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1]
          if (data) rows.push(...JSON.parse(data).rows)
        }
      }
      return Object.keys(rows.at(-1)).sort()
    },
  }
}
