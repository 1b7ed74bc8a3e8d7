import { createHmac } from 'node:crypto'
import { redirectText } from '@trackable/protocol'
import { Hono } from 'hono'
import { describe, expect, test, vi } from 'vitest'
import { LogError } from '../log/event-log.ts'
import { openDoor, PERSON, SHOP } from './door.fixture.ts'
import { FOREIGN } from './foreign-urls.fixture.ts'
import { createGoRoute } from './go.ts'

const human = { 'user-agent': PERSON }

function site(options: Parameters<typeof openDoor>[0] = {}) {
  const opened = openDoor(options)
  const lost: string[] = []
  const app = new Hono().route(
    '/',
    createGoRoute(opened.door, (reason) => lost.push(reason)),
  )
  const go = (
    to: string,
    more: Record<string, string> = {},
    init: RequestInit = {},
    path = 'article/42/views',
  ) => {
    const query = new URLSearchParams({ key: opened.pk.secret, to, ...more })
    return app.request(`/v1/go/${path}?${query}`, { headers: human, ...init })
  }
  return { ...opened, app, go, lost }
}

const signed = (key: { id: string; signing: string }, to: string, field = 'views') => {
  const text = redirectText({ dataset: 'article', parent: '42', field, to })
  return `${key.id}.${createHmac('sha256', Buffer.from(key.signing, 'base64url')).update(text).digest('base64url')}`
}

describe('a redirect', () => {
  test('leads to an origin of the key, and counts', async () => {
    const { go, written, lost } = site()
    for (const path of ['', '/', '/a?b=c#d', '/ä b', '/%2e%2e//x']) {
      const answer = await go(`${SHOP}${path}`)
      expect([answer.status, answer.headers.get('location')]).toEqual([302, new URL(`${SHOP}${path}`).href])
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
    expect(written.map(({ events }) => events)).toEqual(
      Array(5).fill([[0, '42', expect.any(Number), [0, 1]]]),
    )
    expect(lost).toEqual([])
  })

  test('leads anywhere where a secret key has signed, until that key is revoked', async () => {
    const { go, sk, revoke, pk } = site()
    const to = 'https://elsewhere.example/a?b=1'
    expect((await go(to, { sig: signed(sk.key, to) })).headers.get('location')).toBe(to)
    expect((await go(to, { sig: signed({ ...pk.key, signing: sk.key.signing }, to) })).status).toBe(403)
    expect((await go(to, { sig: signed(sk.key, to, 'likes') })).status).toBe(403)
    expect((await go('javascript:alert(1)', { sig: signed(sk.key, 'javascript:alert(1)') })).status).toBe(400)
    revoke(sk.key)
    expect((await go(to, { sig: signed(sk.key, to) })).status).toBe(403)
  })

  test('of a key without origins leads nowhere unsigned', async () => {
    const { go, open } = site()
    expect((await go(`${SHOP}/`, { key: open.secret })).status).toBe(403)
  })

  test('no form of a foreign address is followed', async () => {
    const { go, written } = site()
    expect(FOREIGN.length).toBeGreaterThanOrEqual(200)
    for (const to of FOREIGN) {
      const { status, headers } = await go(to)
      expect([to, status === 400 || status === 403, headers.get('location')]).toEqual([to, true, null])
    }
    expect(written).toEqual([])
  })

  test('of 10,000 changed links none leads anywhere but to where was signed, or to an origin of the key', async () => {
    const { app, sk, pk } = site()
    const to = 'https://elsewhere.example/path?x=1'
    const link = `/v1/go/article/42/views?${new URLSearchParams({ key: pk.secret, to, sig: signed(sk.key, to) })}`
    let seed = 1
    const random = (n: number) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff
      return seed % n
    }
    const alphabet = '%2f@\\/:.#?&=aZ09-_\u00e9 '
    for (let i = 0; i < 10_000; i++) {
      const at = 8 + random(link.length - 8)
      const put = alphabet[random(alphabet.length)]
      const changed = link.slice(0, at) + put + link.slice(at + random(3))
      const answer = await app.request(changed, { headers: human })
      const location = answer.headers.get('location')
      if (location !== null) expect([to, `${SHOP}/`]).toContain(location)
    }
  }, 60_000)

  test('cannot be made to set a header', async () => {
    const { go } = site()
    const breaks = ['\r\n', '\n', '\r', '\u2028', '\u0085', '%0d%0a', '%0a', '\u560d\u560a', '\0']
    for (const broken of breaks.flatMap((text) => [
      `${SHOP}/${text}Set-Cookie: a=b`,
      `${SHOP}${text}`,
      `${text}${SHOP}/`,
    ])) {
      const answer = await go(broken)
      expect(answer.headers.get('set-cookie')).toBeNull()
      expect(answer.headers.get('location') ?? '').not.toMatch(/[\r\n\0\u0085\u2028]/)
    }
  })

  test('is not made for a parameter that is there twice, or a secret key in the link', async () => {
    const { app, pk, sk } = site()
    const key = `key=${pk.secret}`
    for (const query of [
      `${key}&to=${SHOP}/&to=https://evil.example/`,
      `${key}&${key}&to=${SHOP}/`,
      `key=${sk.secret}&to=${SHOP}/`,
      `to=${SHOP}/`,
      `key=pk_no&to=${SHOP}/`,
    ]) {
      const { status } = await app.request(`/v1/go/article/42/views?${query}`, { headers: human })
      expect([400, 401, 403]).toContain(status)
    }
  })
})

describe('a click', () => {
  test('of HEAD, a prefetch and a machine is redirected and not counted', async () => {
    const { go, written } = site()
    const agents = [
      { ...human, 'sec-purpose': 'prefetch;prerender' },
      { ...human, purpose: 'prefetch' },
      { ...human, 'x-moz': 'prefetch' },
      { 'user-agent': 'Googlebot/2.1' },
      { 'user-agent': '' },
      { 'user-agent': 'Mozilla/5.0 (compatible; Barracuda Sentinel LinkScanner)' },
    ]
    for (const headers of agents) expect((await go(`${SHOP}/`, {}, { headers })).status).toBe(302)
    expect((await go(`${SHOP}/`, {}, { method: 'HEAD' })).status).toBe(302)
    expect(written.flatMap(({ events }) => events)).toEqual([])
    expect(written.map(({ dropped }) => dropped)).toEqual([
      { prefetch: 1 },
      { prefetch: 1 },
      { prefetch: 1 },
      { bot: 1 },
      { bot: 1 },
      { bot: 1 },
    ])
  })

  test('waits for no disk: a log that never answers delays nobody', async () => {
    const log = { append: () => new Promise<string>(() => undefined) }
    const { go, lost } = site({ log: log as never })
    const times = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const began = performance.now()
        expect((await go(`${SHOP}/`)).status).toBe(302)
        return performance.now() - began
      }),
    )
    expect(Math.max(...times)).toBeLessThan(1000)
    expect(lost).toEqual([])
  })

  test('that cannot be written is lost, and counted as lost', async () => {
    const append = vi.fn(async () => Promise.reject(new LogError('the disk is full', false)))
    const { go, lost } = site({ log: { append } as never })
    for (let i = 0; i < 1000; i++) expect((await go(`${SHOP}/`)).status).toBe(302)
    await new Promise((settle) => setImmediate(settle))
    expect(lost).toEqual(Array(1000).fill('log'))
  })

  test('that meets an error that nobody foresaw is lost as well, and ends no process', async () => {
    const { go, lost } = site({
      log: { append: async () => Promise.reject(new TypeError('a bug')) } as never,
    })
    expect((await go(`${SHOP}/`)).status).toBe(302)
    await new Promise((settle) => setImmediate(settle))
    expect(lost).toEqual(['log'])
  })

  test('past the rate, or of a field that is not public, is redirected and told', async () => {
    const limited = site({ rateLimit: 1 })
    for (let i = 0; i < 3; i++) expect((await limited.go(`${SHOP}/`)).status).toBe(302)
    expect(limited.lost).toEqual(['rate_limited', 'rate_limited'])
    const { go, lost } = site()
    for (const path of ['article/42/revenue', 'article/42/nothing', 'nothing/42/views', 'member/42/logins']) {
      expect((await go(`${SHOP}/`, {}, {}, path)).status).toBe(302)
    }
    expect(lost).toEqual(Array(4).fill('rejected'))
  })
})
