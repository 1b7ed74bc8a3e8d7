import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { counter, defineDataset, sum } from '@trackable/dataset'
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { createReader } from './reader.ts'
import type { Reader } from './types.ts'

const article = defineDataset('article', {
  fields: { impressions: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: { maxLength: 2 } },
  series: { grains: ['hour', 'day'] },
})
const datasets = [article] as const

type Answer = (url: URL) => { status?: number; body: unknown; ends?: boolean }

let server: Server
let reader: Reader<typeof datasets>
let asked: URL[]
let keys: (string | undefined)[]
let answer: Answer
let closed: number

beforeEach(async () => {
  asked = []
  keys = []
  closed = 0
  answer = () => ({ body: { rows: [] } })
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    asked.push(url)
    keys.push(request.headers.authorization)
    response.on('close', () => closed++)
    const { status = 200, body, ends = true } = answer(url)
    response.writeHead(status).write(typeof body === 'string' ? body : JSON.stringify(body))
    if (ends) response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  reader = createReader<typeof datasets>({ endpoint: endpoint(), key: 'sk_1' })
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
const addresses = () => asked.map(({ pathname, search }) => decodeURIComponent(pathname + search))

describe('a reader', () => {
  test('asks for the totals of parents, with the key in a header', async () => {
    answer = () => ({ body: { rows: [{ parent: '42', impressions: 3 }] } })
    const rows = await reader.totals('article', ['42'], { fields: ['impressions'] })
    expect(rows).toEqual([{ parent: '42', impressions: 3 }])
    expect(addresses()).toEqual(['/v1/datasets/article/totals?parent=42&fields=impressions'])
    expect(keys).toEqual(['Bearer sk_1'])
    expectTypeOf(rows[0]!).toExtend<{ parent: string; impressions: number }>()
    expectTypeOf(rows[0]!).not.toHaveProperty('revenue')
  })

  test('asks for many parents in parts that fit, and gives them in order', async () => {
    const parents = Array.from({ length: 1203 }, (_, i) => `${i} ä`)
    answer = (url) => ({ body: { rows: url.searchParams.getAll('parent').map((parent) => ({ parent })) } })
    expect((await reader.totals('article', parents)).map(({ parent }) => parent)).toEqual(parents)
    for (const { search } of asked) expect(search.length).toBeLessThan(7000)
    expect(await reader.totals('article', [])).toEqual([])
  })

  test('asks for a series and a ranking, with spans, dimensions and cursors', async () => {
    const from = new Date('2026-11-01T00:00:00Z')
    await reader.series('article', { parent: '42', grain: 'day', from, to: '2026-12-01', by: ['country'] })
    await reader.top('article', { field: 'revenue', limit: 10, cursor: 'c' })
    expect(addresses()).toEqual([
      '/v1/datasets/article/series?parent=42&grain=day&from=2026-11-01T00:00:00.000Z&to=2026-12-01&by=country',
      '/v1/datasets/article/top?field=revenue&limit=10&cursor=c',
    ])
  })

  test('gives the definitions', async () => {
    answer = () => ({ body: { datasets: [article] } })
    expect((await reader.datasets())[0]).toMatchObject({ name: 'article' })
  })

  test('gives counters and sums as text where it is asked to', async () => {
    answer = () => ({ body: { rows: [{ parent: '42', impressions: '9007199254740993', revenue: '0.10' }] } })
    const exact = createReader<typeof datasets>({ endpoint: endpoint(), key: 'sk_1', bigint: 'string' })
    const [row] = await exact.totals('article', ['42'])
    expect(row).toEqual({ parent: '42', impressions: '9007199254740993', revenue: '0.10' })
    expect(addresses()[0]).toMatch(/bigint=string$/)
    expectTypeOf(row!.impressions).toEqualTypeOf<string>()
  })

  test('gives every row of an export, however it is cut into parts', async () => {
    const rows = Array.from({ length: 2000 }, (_, i) => ({ parent: `ä${i}`, impressions: i }))
    answer = () => ({ body: `${rows.map((row) => JSON.stringify(row)).join('\n')}\n` })
    const got = []
    for await (const row of reader.export('article', { grain: 'day' })) got.push(row)
    expect(got).toEqual(rows)
    expect(addresses()).toEqual(['/v1/export/article?grain=day&format=ndjson'])
  })
})

describe('what goes wrong', () => {
  test('the collector’s refusal is thrown with its code and sentence', async () => {
    answer = () => ({ status: 400, body: { code: 'malformed', message: 'no field "x"; did you mean "y"?' } })
    await expect(reader.totals('article', ['42'])).rejects.toMatchObject({
      name: 'TrackerError',
      code: 'malformed',
      message: 'datasets/article/totals: no field "x"; did you mean "y"?',
    })
  })

  test.each([
    ['a gateway’s page', 502, '<html>'],
    ['a portal’s page', 200, '<html>'],
  ])('%s is no answer of a collector', async (_what, status, body) => {
    answer = () => ({ status, body })
    await expect(reader.series('article')).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('a collector that is away is unavailable', async () => {
    const away = createReader({ endpoint: 'http://127.0.0.1:9', key: 'sk_1' })
    await expect(away.totals('article', ['42'])).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('live', () => {
  test('tells totals as they come, connects again, and stops', async () => {
    const event = (impressions: number) =>
      `: hello\n\nevent: totals\ndata: {"rows":[{"parent":"42","impressions":${impressions}}]}\n\n`
    answer = () => ({ body: event(asked.length), ends: asked.length === 1 })
    const seen: number[] = []
    const stop = reader.live('article', (rows) => seen.push(...rows.map((row) => row.impressions)))
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([1, 2])
    stop()
    await expect.poll(() => closed).toBe(2)
    expect(addresses()[0]).toBe('/v1/live?dataset=article')
  })

  test('does not try again with a key that is refused', async () => {
    answer = () => ({ status: 403, body: { code: 'forbidden', message: 'not public' } })
    const code = await new Promise((resolve) => {
      reader.live(
        'article',
        () => {},
        (error) => resolve((error as { code?: string }).code),
      )
    })
    expect(code).toBe('forbidden')
    expect(asked).toHaveLength(1)
  })
})
