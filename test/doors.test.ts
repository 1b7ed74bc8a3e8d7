import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { signGrant, signRedirect } from '@trackable/sdk/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectorProcess, type CreatedKey, startCollector } from './support/collector.ts'
import { batchOf, PERSON, read, send } from './support/send.ts'
import { until } from './support/until.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/article.config.ts', import.meta.url))
const SHOP = 'https://shop.example'
const SENTINELS = {
  address: '203.0.113.77',
  address6: '2001:db8:dead:beef::77',
  agent: 'SentinelBrowser/77.1',
  userAgent: 'SentinelOfVisitor/78.2',
  visitor: 'sentinel-visitor-79',
}

let collector: CollectorProcess
let pk: CreatedKey
let sk: CreatedKey
beforeAll(async () => {
  collector = await startCollector({
    configFile: CONFIG,
    env: { TRUST_PROXY: '1', RATE_LIMIT: '500', BOTS: 'count', LOG_LEVEL: 'debug' },
  })
  pk = await collector.createKey('write', { origins: [SHOP] })
  sk = await collector.createKey('secret')
}, 120_000)
afterAll(() => collector?.kill9())

const event = (change: object = {}) => ({
  dataset: 'article',
  parent: '42',
  fields: { impressions: 1 },
  ...change,
})
const fromShop = { origin: SHOP }
const post = (events: unknown[], more: object = {}, headers: object = {}) =>
  send(collector.url, batchOf(pk.key, events, more), { ...fromShop, ...headers })
const codes = (body: { rejected: { code: string }[] }) => body.rejected.map(({ code }) => code)

describe('a grant', () => {
  const request = { dataset: 'article', parents: ['42'], fields: ['revenue'], for: '1h' }
  const revenue = event({ fields: { revenue: '12.50' } })

  test('lets a write key write the fields and parents that it names, and nothing else', async () => {
    const grant = await signGrant(sk.key, request)
    const foreign = [
      event({ parent: '43', fields: { revenue: 1 } }),
      event({ fields: { likes: -1, revenue: -1 } }),
    ]
    const large = event({ fields: { revenue: '100.01' } })
    const { body } = await post([revenue, event(), ...foreign, large], { grant })
    expect(body.accepted).toBe(2)
    expect(codes(body)).toEqual(['not_public', 'not_public', 'over_limit'])
    expect(codes((await post([revenue])).body)).toEqual(['not_public'])
  })

  test('of the command line is the same as one of the SDK', async () => {
    const args = [
      'grant',
      '--dataset',
      'article',
      '--parent',
      '42',
      '--field',
      'revenue',
      '--for',
      '1h',
      '--json',
    ]
    const { grant, kid } = JSON.parse((await collector.cli(args)).stdout)
    expect(kid).toBe(sk.id)
    expect((await post([revenue], { grant })).body.accepted).toBe(1)
  })

  test.each([
    ['changed', async () => (await signGrant(sk.key, request)).replace(/.$/, 'x.')],
    ['signed by a key that is not known', () => signGrant('sk_somebody', request)],
    ['of another type', async () => 7],
    [
      'that has ended',
      async () => {
        const grant = await signGrant(sk.key, { ...request, for: '1s' })
        await new Promise((settle) => setTimeout(settle, 1100))
        return grant
      },
    ],
  ])('%s is refused whole, so that the sender asks for a new one', async (_, make) => {
    const { status, body } = await post([event()], { grant: await make() })
    expect([status, body.code]).toEqual([403, 'grant'])
  })

  test('ends with its key', async () => {
    const other = await collector.createKey('secret')
    const grant = await signGrant(other.key, request)
    expect((await post([revenue], { grant })).status).toBe(202)
    expect((await collector.cli(['keys', 'revoke', other.id])).code).toBe(0)
    expect((await post([revenue], { grant })).body.code).toBe('grant')
  })
})

test('a public key writes what is public or granted, and nothing else', async () => {
  const bad = [
    event({ fields: { revenue: 1 } }),
    event({ fields: { impressions: -1 } }),
    event({ fields: { impressions: 101 } }),
    event({ fields: { likes: -101 } }),
    event({ at: new Date(Date.now() - 8 * 86_400_000).toISOString() }),
    event({ userAgent: PERSON }),
    event({ address: '1.1.1.1' }),
  ]
  const { body } = await post([...bad, event({ fields: { likes: -1 } })])
  expect(codes(body)).toEqual([
    'not_public',
    'not_public',
    'over_limit',
    'over_limit',
    'too_old',
    'not_public',
    'not_public',
  ])
  expect(body.accepted).toBe(1)
})

test('a link that the SDK signed leads anywhere and counts', async () => {
  const to = 'https://elsewhere.example/a b?c=ü'
  const link = {
    endpoint: collector.url,
    key: pk.key,
    dataset: 'article',
    parent: 'linked',
    field: 'clickThroughs',
    to,
  }
  const follow = (headers: Record<string, string>) =>
    fetch(href, { redirect: 'manual', headers: { 'user-agent': PERSON, ...headers } })
  const href = await signRedirect(sk.key, link)
  const answer = await follow({})
  expect([answer.status, answer.headers.get('location')]).toEqual([302, new URL(to).href])
  await follow({ 'sec-purpose': 'prefetch' })
  const clicks = async () => {
    await read(`${collector.url}/v1/imports?name=none`, sk.key)
    const totals = await read(`${collector.url}/v1/datasets/article/totals?parent=linked`, sk.key)
    return totals.body.rows[0].clickThroughs === 1
  }
  await until('the click is counted', clicks, 10_000)
})

test('more than the rate of a key and address is 429 with Retry-After; another address is served', async () => {
  const many = Array.from({ length: 600 }, () => event())
  const from = (address: string) => ({ 'x-forwarded-for': `6.6.6.6, ${address}` })
  expect((await post(many, {}, from('198.51.100.1'))).status).toBe(202)
  const refused = await post([event()], {}, from('198.51.100.1'))
  expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited'])
  expect(Number(refused.headers.get('retry-after'))).toBe(refused.body.retryAfter)
  expect((await post([event()], {}, { 'x-forwarded-for': '7.7.7.7, 198.51.100.1' })).status).toBe(429)
  expect((await post([event()], {}, from('198.51.100.2'))).status).toBe(202)
  expect((await send(collector.url, batchOf(sk.key, many), from('198.51.100.1'))).status).toBe(202)
})

test("the operator's list works on the next request, and machines are apart in the metrics", async () => {
  const acme = { 'user-agent': 'Mozilla/5.0 (X11) AcmeLab/1.0 Firefox/140.0' }
  expect((await post([event()], {}, acme)).body.accepted).toBe(1)
  expect((await collector.cli(['spiders', 'add', '*acmelab/*'])).code).toBe(0)
  expect((await post([event()], {}, acme)).body.dropped).toEqual([{ index: 0, code: 'bot' }])
  const tested = await collector.cli(['spiders', 'test', acme['user-agent'], '--json'])
  expect(JSON.parse(tested.stdout)).toEqual({
    userAgent: acme['user-agent'],
    bot: true,
    rule: 'operator:*acmelab/*',
  })
  expect((await post([event()], { webdriver: true })).body.dropped).toEqual([{ index: 0, code: 'bot' }])
  expect((await collector.cli(['spiders', 'remove', '*acmelab/*'])).code).toBe(0)
  expect((await post([event()], {}, acme)).body.accepted).toBe(1)
  // Behind a trusted proxy nobody is local, whatever the host is called.
  expect((await fetch(`${collector.url}/metrics`)).status).toBe(403)
})

test('no address, user agent or visitor of a request reaches any file, or anything that is printed', async () => {
  const headers = {
    'user-agent': `Mozilla/5.0 (X11) ${SENTINELS.agent}`,
    'x-forwarded-for': SENTINELS.address,
  }
  const judged = { userAgent: SENTINELS.userAgent, address: SENTINELS.address6 }
  const unknown = { fields: { [SENTINELS.visitor]: 1 } }
  await post([event(), event(unknown), event({ parent: '' })], {}, headers)
  await post(
    [event()],
    {},
    { ...headers, 'user-agent': `bot ${SENTINELS.agent}`, 'x-forwarded-for': SENTINELS.address6 },
  )
  await send(
    collector.url,
    batchOf(sk.key, [event(judged), event({ ...judged, fields: { nothing: 1 } })]),
    headers,
  )
  await send(collector.url, '{"v":1', { ...headers, 'x-request-id': 'seen-80' })
  await fetch(`${collector.url}/${SENTINELS.visitor}?of=${SENTINELS.visitor}`, { headers })
  for (let i = 0; i < 3; i++) {
    await fetch(`${collector.url}/v1/hit/article/42/impressions?key=${pk.key}`, { headers })
    await fetch(`${collector.url}/v1/hit/article/42/nothing?key=${pk.key}`, { headers })
  }
  expect((await collector.cli(['fold', '--once'])).code).toBe(0)
  await collector.kill9()
  const found = bytesBelow(join(collector.dataDir, 'trackable-data')).flatMap(({ path, bytes }) =>
    forms()
      .filter((form) => bytes.includes(form))
      .map((form) => `${path}: ${form.toString('latin1')}`),
  )
  expect(found).toEqual([])
  const secrets = [...Object.values(SENTINELS), pk.key, sk.key]
  for (const sentinel of secrets) expect(collector.output()).not.toContain(sentinel)
  const lines = collector.output().trim().split('\n')
  const reported = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(reported).toContainEqual({
    level: 'debug',
    time: expect.any(String),
    message: 'POST /v1/batches: 400 malformed',
    requestId: 'seen-80',
    route: 'POST /v1/batches',
    status: 400,
    code: 'malformed',
  })
  expect(reported).toContainEqual(expect.objectContaining({ route: 'no route', status: 404 }))
  // The search finds what is there.
  expect(
    bytesBelow(join(collector.dataDir, 'trackable-data')).some(({ bytes }) =>
      bytes.includes('clickThroughs'),
    ),
  ).toBe(true)
}, 60_000)

/** How a sentinel may be written: as text in one or two bytes a letter, an address also in binary. */
function forms(): Buffer[] {
  const texts = Object.values(SENTINELS).flatMap((text) => [text, text.toLowerCase()])
  const binary = [
    Buffer.from([203, 0, 113, 77]),
    Buffer.from('20010db8deadbeef', 'hex'),
    Buffer.from('20010db8deadbeef'),
  ]
  return [...texts.flatMap((text) => [Buffer.from(text), Buffer.from(text, 'utf16le')]), ...binary]
}

function bytesBelow(folder: string): { path: string; bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, bytes: readFileSync(path) }))
}
