import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { LogError } from '../log/event-log.ts'
import { openDoor, PERSON, SHOP } from './door.fixture.ts'
import { createGoRoute } from './go.ts'
import { createHitRoutes } from './hit.ts'
import { createIngest } from './ingest.ts'
import { createBatchRoute } from './route.ts'

const headers = { 'user-agent': PERSON, origin: SHOP, 'content-type': 'text/plain' }
const machine = { ...headers, 'user-agent': 'curl/8.0' }

function site(full = false) {
  const told: unknown[] = []
  const append = () => Promise.reject(new LogError('the disk is full', false))
  const log = full ? { log: { append } as never } : {}
  const opened = openDoor({ ...log, onTurnedAway: (...one) => told.push(one) })
  const app = new Hono()
    .route('/', createBatchRoute(createIngest(opened.door)))
    .route('/', createHitRoutes(opened.door))
    .route(
      '/',
      createGoRoute(opened.door, () => undefined),
    )
  const body = (key: string) => ({
    v: 1,
    id: '01936f2e-0000-7000-8000-0000000000ab',
    key,
    sentAt: new Date(Date.parse('2024-11-27') + 1000).toISOString(),
    events: [{ dataset: 'article', parent: '42', fields: { nothing: 1 } }],
  })
  const send = (key = opened.sk.secret, query = '') =>
    app.request(`/v1/batches${query}`, { method: 'POST', headers, body: JSON.stringify(body(key)) })
  const link = (path: string, from = machine) =>
    app.request(`/v1/${path}?key=${opened.pk.secret}&to=${SHOP}/`, { headers: from })
  return { told, send, link }
}

test('whoever is turned away is told of once, though the batch comes again', async () => {
  const { told, send } = site()
  for (let i = 0; i < 3; i++) expect((await send()).status).toBe(202)
  expect(told).toEqual([['article', 'unknown_field', undefined]])
})

test('a dry run tells of nobody, nor does a batch that could not be written', async () => {
  const dry = site()
  expect((await dry.send(undefined, '?dry=1')).status).toBe(200)
  const full = site(true)
  expect((await full.send()).status).toBe(503)
  expect((await full.link('hit/article/42/views')).status).toBe(503)
  expect((await full.link('go/article/42/views')).status).toBe(302)
  expect([dry.told, full.told]).toEqual([[], []])
})

test('a machine that follows a link is told of, and a link that is rejected', async () => {
  const { told, link } = site()
  expect((await link('hit/article/42/views')).status).toBe(204)
  expect((await link('go/article/42/views')).status).toBe(302)
  expect((await link('hit/article/42/nothing', headers)).status).toBe(404)
  expect(told.sort()).toEqual([
    ['article', 'bot', expect.any(String)],
    ['article', 'bot', expect.any(String)],
    ['article', 'unknown_field', undefined],
  ])
})
