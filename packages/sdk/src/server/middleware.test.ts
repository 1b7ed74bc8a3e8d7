import { serve } from '@hono/node-server'
import type { WireEvent } from '@trackable/protocol'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTracker, type ServerTracker } from '../node.ts'
import { createMemoryTransport, type MemoryTransport } from '../transport/memory.ts'
import { trackable as onExpress } from './express.ts'
import { trackable as onFastify } from './fastify.ts'
import { trackable as onHono } from './hono.ts'

const headers = { 'user-agent': 'Mozilla/5.0', 'x-forwarded-for': '203.0.113.7' }
const visitor = { userAgent: 'Mozilla/5.0', address: '203.0.113.7' }

let transport: MemoryTransport
let tracker: ServerTracker<undefined>
beforeEach(() => {
  transport = createMemoryTransport()
  tracker = createTracker<undefined>({ endpoint: 'http://127.0.0.1:9', key: 'sk_middleware', transport })
})
afterEach(() => tracker.close())

async function sent(): Promise<WireEvent[]> {
  await tracker.flush()
  return transport.attempts.flatMap(({ events }) => JSON.parse(events))
}

const honoApp = () =>
  new Hono().use(onHono(tracker)).get('/', (c) => {
    c.var.tracker.increment('article', '42', 'views')
    return c.text('read')
  })

test('Hono on Node passes the visitor on', async () => {
  const server = serve({ fetch: honoApp().fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  expect(await (await fetch(`http://127.0.0.1:${port}`, { headers })).text()).toBe('read')
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('read')
  server.close()
  const [first, second] = await sent()
  expect(first).toMatchObject(visitor)
  expect(second).toMatchObject({ address: '127.0.0.1' })
})

test.each([
  ['Bun', { requestIP: () => ({ address: '203.0.113.9' }) }],
  ['Deno', { remoteAddr: { hostname: '203.0.113.9' } }],
])('Hono on %s knows who called', async (_name, env) => {
  await honoApp().request('/', {}, env)
  expect(await sent()).toEqual([expect.objectContaining({ address: '203.0.113.9' })])
})

test('Hono where the platform stops after the answer has it wait for the events', async () => {
  const waitUntil = vi.fn()
  const context = { waitUntil, passThroughOnException() {}, props: {} }
  await honoApp().request('/', { headers }, {}, context)
  expect(await waitUntil.mock.calls[0]?.[0]).toEqual({ sent: 1, pending: 0 })
})

test('Express passes the visitor on', async () => {
  const app = express()
  app.use(onExpress(tracker))
  app.get('/', (request, response) => {
    request.tracker.increment('article', '42', 'views')
    response.send('read')
  })
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  expect(await (await fetch(`http://127.0.0.1:${port}`, { headers })).text()).toBe('read')
  server.close()
  expect(await sent()).toEqual([expect.objectContaining(visitor)])
})

test('Fastify passes the visitor on, outside the plugin too', async () => {
  const app = fastify()
  app.register(onFastify(tracker))
  app.get('/', async (request) => {
    request.tracker.increment('article', '42', 'views')
    return 'read'
  })
  expect((await app.inject({ url: '/', headers })).body).toBe('read')
  await app.close()
  expect(await sent()).toEqual([expect.objectContaining(visitor)])
})
