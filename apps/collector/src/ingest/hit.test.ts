import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { LogError } from '../log/event-log.ts'
import { openDoor, PERSON, SHOP } from './door.fixture.ts'
import { createHitRoutes } from './hit.ts'

function site(options: Parameters<typeof openDoor>[0] = {}) {
  const opened = openDoor(options)
  const app = new Hono().route('/', createHitRoutes(opened.door))
  const hit = (path: string, init: RequestInit = {}, key = opened.pk.secret) =>
    app.request(`/v1/hit/${path}?key=${key}`, { headers: { 'user-agent': PERSON }, ...init })
  return { ...opened, hit }
}

test('a hit is on disk before it is answered, and each request counts', async () => {
  const { hit, written } = site()
  for (let i = 0; i < 2; i++) expect((await hit('article/42/views')).status).toBe(204)
  expect(new Set(written.map(({ id }) => id)).size).toBe(2)
  expect(written.map(({ events }) => events[0]?.[3])).toEqual([
    [0, 1],
    [0, 1],
  ])
})

test('the pixel has 43 bytes, is transparent, and is never cached', async () => {
  const { hit, written } = site()
  const answer = await hit('article/a%20b%2Fc/views/pixel.gif')
  const bytes = Buffer.from(await answer.arrayBuffer())
  expect([answer.status, answer.headers.get('content-type'), bytes.length]).toEqual([200, 'image/gif', 43])
  expect(bytes.toString('latin1', 0, 6)).toBe('GIF89a')
  expect(answer.headers.get('cache-control')).toContain('no-store')
  expect(written[0]?.events[0]?.[1]).toBe('a b/c')
})

test.each([
  ['nothing/42/views', 404, 'not_found'],
  ['article/42/nothing', 404, 'not_found'],
  ['article/42/revenue', 403, 'forbidden'],
  ['member/42/logins', 400, 'malformed'],
  [`article/${'x'.repeat(201)}/views`, 400, 'malformed'],
])('a hit on %s is answered %i %s and writes nothing', async (path, status, code) => {
  const { hit, written } = site()
  for (const end of ['', '/pixel.gif']) {
    const answer = await hit(path + end)
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code])
  }
  expect(written).toEqual([])
})

test('a secret key, an unknown one, and a script of another site are refused', async () => {
  const { hit, sk } = site()
  expect((await hit('article/42/views', {}, sk.secret)).status).toBe(403)
  expect((await hit('article/42/views', {}, 'pk_no')).status).toBe(401)
  const headers = { 'user-agent': PERSON, origin: 'https://evil.example' }
  expect((await hit('article/42/views', { headers })).status).toBe(403)
  expect((await hit('article/42/views', { headers: { ...headers, origin: SHOP } })).status).toBe(204)
})

test('HEAD counts nothing; machines and prefetches are written as dropped', async () => {
  const { hit, written } = site()
  expect((await hit('article/42/views', { method: 'HEAD' })).status).toBe(204)
  expect((await hit('article/42/views', { headers: { 'user-agent': 'curl/8.0' } })).status).toBe(204)
  expect(
    (await hit('article/42/views', { headers: { 'user-agent': PERSON, 'sec-purpose': 'prefetch' } })).status,
  ).toBe(204)
  expect(written.map(({ dropped, events }) => [dropped, events.length])).toEqual([
    [{ bot: 1 }, 0],
    [{ prefetch: 1 }, 0],
  ])
})

test('past the rate a hit is 429, and 503 while nothing can be written, both with Retry-After', async () => {
  const limited = site({ rateLimit: 1 })
  expect((await limited.hit('article/42/views')).status).toBe(204)
  const answer = await limited.hit('article/42/views')
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1'])
  const append = () => Promise.reject(new LogError('the disk is full', false))
  const full = await site({ log: { append } as never }).hit('article/42/views')
  expect([full.status, full.headers.get('retry-after')]).toEqual([503, '5'])
})
