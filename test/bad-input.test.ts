import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { batchId, batchOf, read, send } from './support/send.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/article.config.ts', import.meta.url))
const DAY = 86_400_000

let collector: CollectorProcess
let pk: string
let sk: string
let bound: string
beforeAll(async () => {
  collector = await startCollector({ configFile: CONFIG })
  pk = (await collector.createKey('write')).key
  sk = (await collector.createKey('secret')).key
  bound = (await collector.createKey('write', { origins: ['https://shop.example'] })).key
}, 120_000)
afterAll(() => collector?.stop())

const event = (change: object = {}) => ({
  dataset: 'article',
  parent: '42',
  at: new Date().toISOString(),
  fields: { impressions: 1 },
  ...change,
})

/** What parent 42 has after everything that was accepted is folded. */
async function impressions(): Promise<number> {
  // An answer about imports waits for the fold.
  await read(`${collector.url}/v1/imports?name=none`, sk)
  return (await read(`${collector.url}/v1/datasets/article/totals?parent=42`, sk)).body.rows[0].impressions
}

describe('a request that is refused', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  test.each<
    [string, number, string, () => [body: unknown, headers?: Record<string, string>, query?: string]]
  >([
    ['no JSON', 400, 'malformed', () => ['{"v":1,']],
    ['NaN', 400, 'malformed', () => ['{"v":1,"events":[NaN]}']],
    ['no UTF-8', 400, 'malformed', () => [new Uint8Array([0x7b, 0xff, 0x7d])]],
    ['an array', 400, 'malformed', () => ['[]']],
    ['null', 400, 'malformed', () => ['null']],
    ['an empty body', 400, 'malformed', () => ['']],
    ['another version', 400, 'malformed', () => [batchOf(pk, [event()], { v: 2 })]],
    ['an id that is no UUID', 400, 'malformed', () => [batchOf(pk, [event()], { id: 'hello' })]],
    ['a UUIDv4', 400, 'malformed', () => [batchOf(pk, [event()], { id: crypto.randomUUID() })]],
    ['events that are no array', 400, 'malformed', () => [batchOf(pk, [], { events: { 0: event() } })]],
    ['a sentAt that is no time', 400, 'malformed', () => [batchOf(pk, [event()], { sentAt: 'now' })]],
    [
      'nesting past eight levels',
      400,
      'malformed',
      () => [JSON.stringify(batchOf(pk, [event()])).replace('"v"', `"x":${deep(9)},"v"`)],
    ],
    [
      'a body that is said to be gzip',
      400,
      'malformed',
      () => [batchOf(pk, [event()]), { 'content-encoding': 'gzip' }],
    ],
    ['an old batch', 400, 'expired', () => [batchOf(pk, [event()], { id: batchId(Date.now() - 8 * DAY) })]],
    [
      'a batch from the future',
      400,
      'expired',
      () => [batchOf(pk, [event()], { id: batchId(Date.now() + 2 * DAY) })],
    ],
    ['an unknown key', 401, 'unknown_key', () => [batchOf('pk_unknown', [event()])]],
    ['no key', 401, 'unknown_key', () => [batchOf(pk, [event()], { key: undefined })]],
    [
      'a look-alike origin',
      403,
      'origin',
      () => [batchOf(bound, [event()]), { origin: 'https://shop.example.evil.example' }],
    ],
    ['no origin where one is needed', 403, 'origin', () => [batchOf(bound, [event()])]],
    [
      'an import with a write key',
      403,
      'forbidden',
      () => [
        batchOf(pk, [event()], {
          id: '01936f2e-0000-8000-8000-000000000000',
          import: { name: 'x', generation: 0, from: 0, to: 1 },
        }),
      ],
    ],
    ['a dry run with a write key', 403, 'forbidden', () => [batchOf(pk, [event()]), {}, '?dry=1']],
    ['two mebibytes', 413, 'too_large', () => ['x'.repeat(2 * 1024 * 1024)]],
    [
      'a bomb of zeros',
      413,
      'too_large',
      () => [gzipSync(Buffer.alloc(64 * 1024 * 1024)), { 'content-encoding': 'gzip' }],
    ],
    [
      '5,000 events',
      413,
      'too_large',
      () => [
        batchOf(
          pk,
          Array.from({ length: 5000 }, () => ({ dataset: 'article' })),
        ),
      ],
    ],
    ['XML', 415, 'unsupported', () => [batchOf(pk, [event()]), { 'content-type': 'application/xml' }]],
    ['brotli', 415, 'unsupported', () => [batchOf(pk, [event()]), { 'content-encoding': 'br' }]],
  ])('for %s is answered %i %s, writes nothing, and the next is served', async (_, status, code, make) => {
    const before = await impressions()
    const [body, headers, query] = make()
    const answer = await send(collector.url, body, headers, query)
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.body.message.length).toBeGreaterThan(10)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect((await send(collector.url, batchOf(pk, [event()]))).status).toBe(202)
    expect(await impressions()).toBe(before + 1)
  })

  test('for a body that ends too early costs its connection alone', async () => {
    const socket = connect(collector.port, '127.0.0.1')
    socket.write(
      'POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 900\r\n\r\n{"v":1',
    )
    await new Promise((settle) => setTimeout(settle, 100))
    socket.destroy()
    expect((await send(collector.url, batchOf(pk, [event()]))).status).toBe(202)
  })
})

describe('a bad event', () => {
  test('is rejected by its index and code, and its neighbours count', async () => {
    const before = await impressions()
    const bad = [
      event({ dataset: 'artcle' }),
      event({ fields: { impresions: 1 } }),
      event({ fields: { impressions: 'x' } }),
      event({ dimensions: { planet: 'Mars' } }),
      event({ parent: '' }),
      event({ at: 'yesterday' }),
      event({ at: '2001-01-01T00:00:00Z' }),
      event({ fields: { revenue: 1 } }),
      event({ fields: { impressions: 1000 } }),
      'text',
    ]
    const events = bad.flatMap((one) => [event(), one])
    const { status, body } = await send(collector.url, batchOf(pk, events))
    expect(status).toBe(202)
    expect(body.accepted).toBe(bad.length)
    expect(body.rejected.map(({ index, code }: { index: number; code: string }) => [index, code])).toEqual([
      [1, 'unknown_dataset'],
      [3, 'unknown_field'],
      [5, 'invalid_value'],
      [7, 'unknown_dimension'],
      [9, 'invalid_parent'],
      [11, 'invalid_time'],
      [13, 'too_old'],
      [15, 'not_public'],
      [17, 'over_limit'],
      [19, 'invalid_value'],
    ])
    expect(await impressions()).toBe(before + bad.length)
  })

  test('of 1e400 is an invalid value', async () => {
    const body = JSON.stringify(batchOf(pk, [event(), event({ fields: { impressions: 77 } })])).replace(
      '"impressions":77',
      '"impressions":1e400',
    )
    expect((await send(collector.url, body)).body.rejected).toMatchObject([
      { index: 1, code: 'invalid_value' },
    ])
  })

  test('of a machine is dropped and counted as that', async () => {
    const machine = await send(collector.url, batchOf(pk, [event()]), {
      'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)',
    })
    expect(machine.body).toMatchObject({ accepted: 0, dropped: [{ index: 0, code: 'bot' }] })
    const guess = await send(collector.url, batchOf(pk, [event()]), { 'sec-purpose': 'prefetch' })
    expect(guess.body.dropped).toEqual([{ index: 0, code: 'prefetch' }])
  })
})

describe('a batch', () => {
  test('sent again is answered 202 and counts nothing', async () => {
    const before = await impressions()
    const batch = batchOf(pk, [event(), event()])
    expect((await send(collector.url, batch)).body.duplicate).toBeUndefined()
    expect((await send(collector.url, batch)).body).toMatchObject({ accepted: 2, duplicate: true })
    expect(await impressions()).toBe(before + 2)
  })

  test('is taken as gzip, as application/json, and with the key in the header', async () => {
    const body = gzipSync(JSON.stringify(batchOf('', [event()], { key: undefined })))
    const headers = {
      'content-encoding': 'gzip',
      'content-type': 'application/json',
      authorization: `Bearer ${pk}`,
    }
    expect((await send(collector.url, body, headers)).body).toMatchObject({ accepted: 1 })
  })

  test('of a bound key is taken from its origin, and a revoked key is refused', async () => {
    const { id, key } = await collector.createKey('write', { origins: ['https://shop.example'] })
    const from = { origin: 'https://shop.example' }
    expect((await send(collector.url, batchOf(key, [event()]), from)).status).toBe(202)
    expect((await collector.cli(['keys', 'revoke', id])).code).toBe(0)
    expect((await send(collector.url, batchOf(key, [event()]), from)).status).toBe(401)
  })

  test('keeps received = accepted + rejected + dropped, and accepted = folded + dead + duplicates + waiting', async () => {
    await send(collector.url, batchOf(pk, [event(), event({ parent: '' })]))
    const status = JSON.parse((await collector.cli(['log', 'status', '--json'])).stdout)
    expect(status.received).toBe(status.accepted + status.rejected + status.dropped)
    expect(status.accepted).toBe(status.folded + status.dead + status.duplicates + status.waiting)
    expect(status.accepted).toBeGreaterThan(30)
  })
})
