import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { batchOf, PERSON, read, send } from './support/send.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/article.config.ts', import.meta.url))

let collector: CollectorProcess
let pk: string
let sk: string
beforeAll(async () => {
  collector = await startCollector({ configFile: CONFIG })
  pk = (await collector.createKey('write')).key
  sk = (await collector.createKey('secret')).key
}, 120_000)
afterAll(() => collector?.stop())

const event = { dataset: 'article', parent: 'raw', fields: { impressions: 1 } }
const good = () => send(collector.url, batchOf(pk, [{ ...event, parent: 'good' }]))

/** Sends bytes and gives the statuses that came back until the connection was closed or still for so long. */
function exchange(
  bytes: string | Buffer,
  stillMs = 400,
): Promise<{ statuses: number[]; closed: boolean; ms: number }> {
  return new Promise((settle) => {
    const began = performance.now()
    const socket = connect(collector.port, '127.0.0.1')
    let text = ''
    const end = (closed: boolean) => {
      socket.destroy()
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
      settle({ statuses: statuses.filter((status) => status !== 100), closed, ms: performance.now() - began })
    }
    socket.setTimeout(stillMs, () => end(false))
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.once('close', () => end(true)).on('error', () => undefined)
    socket.write(bytes)
  })
}

const body = () => JSON.stringify(batchOf(pk, [event]))
const post = (headers: string[], content: string) =>
  `POST /v1/batches HTTP/1.1\r\n${['Host: 127.0.0.1', 'Content-Type: text/plain', `User-Agent: ${PERSON}`, ...headers].join('\r\n')}\r\n\r\n${content}`
const withLength = (content: string, ...headers: string[]) =>
  post([`Content-Length: ${content.length}`, ...headers], content)
const chunked = (content: string) => `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`
const get = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`
const HOST = 'Host: 127.0.0.1'

/** What each form is answered. 202 is counted once. */
const FORMS: [name: string, statuses: number[], bytes: () => string | Buffer][] = [
  ['a sound batch', [202], () => withLength(body())],
  ['a sound batch in chunks', [202], () => post(['Transfer-Encoding: chunked'], chunked(body()))],
  ['two lengths', [400], () => withLength(body(), 'Content-Length: 5')],
  ['two equal lengths', [400], () => withLength('{}', 'Content-Length: 2')],
  ['a length and chunks', [400], () => withLength(chunked(body()), 'Transfer-Encoding: chunked')],
  [
    'chunks and a length',
    [400],
    () => post(['Transfer-Encoding: chunked', 'Content-Length: 3'], chunked(body())),
  ],
  ['a length with a sign', [400], () => post(['Content-Length: +2'], '{}')],
  ['a negative length', [400], () => post(['Content-Length: -2'], '{}')],
  ['a length in hexadecimal', [400], () => post(['Content-Length: 0x2'], '{}')],
  ['a length with a comma', [400], () => post(['Content-Length: 2, 2'], '{}')],
  ['a length past every number', [400], () => post(['Content-Length: 99999999999999999999999'], '{}')],
  [
    'an encoding that only looks chunked',
    [400],
    () => post(['Transfer-Encoding: xchunked'], chunked(body())),
  ],
  ['chunked, then identity', [400], () => post(['Transfer-Encoding: chunked, identity'], chunked(body()))],
  ['chunked with a vertical tab', [400], () => post(['Transfer-Encoding: \x0bchunked'], chunked(body()))],
  ['a space before the colon', [400], () => withLength('{}', 'Transfer-Encoding : chunked')],
  ['a chunk of a negative size', [400], () => post(['Transfer-Encoding: chunked'], '-1\r\n{}\r\n0\r\n\r\n')],
  [
    'a chunk size past every number',
    [400],
    () => post(['Transfer-Encoding: chunked'], 'fffffffffffffffff\r\n{}\r\n0\r\n\r\n'),
  ],
  [
    'a chunk that is longer than it says',
    [400],
    () => post(['Transfer-Encoding: chunked'], '1\r\n{}\r\n0\r\n\r\n'),
  ],
  ['no host', [400], () => get('GET /healthz HTTP/1.1')],
  ['two hosts', [400], () => get('GET /healthz HTTP/1.1', HOST, 'Host: evil.example')],
  ['two origins', [400], () => withLength(body(), 'Origin: https://a.example', 'Origin: https://b.example')],
  ['two keys', [400], () => withLength(body(), 'Authorization: Bearer a', 'Authorization: Bearer b')],
  ['the whole URL of another host', [400], () => get('GET http://evil.example/healthz HTTP/1.1', HOST)],
  ['a target of two slashes', [400], () => get('GET //evil.example/healthz HTTP/1.1', HOST)],
  ['a target that is no path', [400], () => get('OPTIONS * HTTP/1.1', HOST)],
  ['a header that is folded', [400], () => get('GET /healthz HTTP/1.1', HOST, 'X-A: b', ' c')],
  ['a name with a space', [400], () => get('GET /healthz HTTP/1.1', HOST, 'X A: b')],
  ['a NUL in a header', [400], () => get('GET /healthz HTTP/1.1', HOST, 'X-A: b\0c')],
  ['a carriage return alone', [400], () => get('GET /healthz HTTP/1.1', HOST, 'X-A: b\rEvil: c')],
  ['a line feed alone', [400], () => 'GET /healthz HTTP/1.1\nHost: 127.0.0.1\n\n'],
  ['HTTP/0.9', [400], () => 'GET /healthz\r\n\r\n'],
  ['HTTP/2 spoken aloud', [400], () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/3.7', [400], () => get('GET /healthz HTTP/3.7', HOST)],
  ['TLS', [400], () => Buffer.from('1603010200010001fc0303', 'hex')],
  ['a method that is none', [400], () => get('EXPLODE /healthz HTTP/1.1', HOST)],
  [
    'twenty kilobytes of header',
    [431],
    () => get('GET /healthz HTTP/1.1', HOST, `X-A: ${'b'.repeat(20_000)}`),
  ],
  ['a request hidden in a body', [400], () => withLength(get('GET /metrics HTTP/1.1', HOST))],
  ['two requests at once', [202, 200], () => `${withLength(body())}${get('GET /healthz HTTP/1.1', HOST)}`],
  [
    'a bomb of gzip',
    [413],
    () => {
      const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024))
      return Buffer.concat([
        Buffer.from(post([`Content-Length: ${bomb.length}`, 'Content-Encoding: gzip'], '')),
        bomb,
      ])
    },
  ],
  [
    'gzip in gzip',
    [400],
    () => {
      const twice = gzipSync(gzipSync(body()))
      return Buffer.concat([
        Buffer.from(post([`Content-Length: ${twice.length}`, 'Content-Encoding: gzip'], '')),
        twice,
      ])
    },
  ],
]

test.each(FORMS)('%s is answered %j and harms nobody', async (name, statuses, bytes) => {
  const before = await counted()
  const made = await exchange(bytes(), name.includes('gzip') ? 3000 : 400)
  expect(made.statuses).toEqual(statuses)
  expect((await good()).status).toBe(202)
  expect((await counted()) - before).toBe(statuses.includes(202) ? 1 : 0)
})

async function counted(): Promise<number> {
  await read(`${collector.url}/v1/imports?name=none`, sk)
  return (await read(`${collector.url}/v1/datasets/article/totals?parent=raw`, sk)).body.rows[0].impressions
}

test('peers that say nothing, half a header or half a body are sent away, and meanwhile the others are served', async () => {
  const slow: [bytes: string, most: number][] = [
    ['', 20_000],
    ['POST /v1/batches HTTP/1.1\r\nHost: x\r\nX-A', 20_000],
    [post(['Content-Length: 900'], '{"v":1,'), 45_000],
  ]
  const flood = slow.flatMap(([bytes, most]) =>
    Array.from({ length: 200 }, async () => ({ ...(await exchange(bytes, most)), most })),
  )
  for (let i = 0; i < 5; i++) expect((await good()).status).toBe(202)
  for (const { closed, ms, most } of await Promise.all(flood)) {
    expect(closed).toBe(true)
    expect(ms).toBeLessThan(most)
  }
}, 60_000)

describe('a body that is meant to be costly', () => {
  const wide = (of: (i: number) => string) =>
    `{"v":1,${Array.from({ length: 40_000 }, (_, i) => of(i)).join(',')}}`
  test.each([
    ['nested 400,000 times', () => `${'['.repeat(400_000)}`],
    ['nested and closed', () => `{"v":1,"events":${'['.repeat(300_000)}${']'.repeat(300_000)}}`],
    ['of integer names', () => wide((i) => `"${i}":0`)],
    ['of names that share their beginning', () => wide((i) => `"${'a'.repeat(15)}${i}":0`)],
    [
      'of numbers with a thousand digits',
      () => `{"v":1,"events":[${Array(900).fill('9'.repeat(1000)).join(',')}]}`,
    ],
    ['of a million zeros', () => `{"v":1,"events":[${Array(400_000).fill(0).join(',')}]}`],
  ])('%s is refused with a code, and soon', async (_, make) => {
    const { status, body: answer } = await send(collector.url, make())
    expect([400, 401, 413]).toContain(status)
    expect(answer.code).toMatch(/^(malformed|too_large|unknown_key)$/)
    expect((await good()).status).toBe(202)
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', '0', '-1', '', 'length'])(
    'with the name %j in every place changes nothing but itself',
    async (name) => {
      const places = [
        `{"dataset":${JSON.stringify(name)},"parent":"raw","fields":{"impressions":1}}`,
        `{"dataset":"article","parent":"raw","fields":{${JSON.stringify(name)}:1}}`,
        `{"dataset":"article","parent":"raw","fields":{"impressions":1},"dimensions":{${JSON.stringify(name)}:"x"}}`,
        `{"dataset":"article","parent":"raw","fields":{"impressions":1},${JSON.stringify(name)}:{"secret":true}}`,
      ]
      const text = JSON.stringify(batchOf(pk, ['@'])).replace('"@"', () => places.join(','))
      const { status, body: answer } = await send(collector.url, text)
      expect(status).toBe(202)
      expect(answer.rejected.map(({ code }: { code: string }) => code)).toEqual([
        'unknown_dataset',
        'unknown_field',
        'unknown_dimension',
      ])
      expect(answer.accepted).toBe(1)
      const top = JSON.stringify(batchOf(pk, [event])).replace(
        '{',
        () => `{${JSON.stringify(name)}:{"key":"x","v":2},`,
      )
      expect((await send(collector.url, top)).status).toBe(202)
    },
  )
})
