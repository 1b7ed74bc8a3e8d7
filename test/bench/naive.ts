import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import postgres from 'postgres'

// What most applications do: one UPDATE an event, through a pool of 16 connections, durable before the answer. A
// process of its own, like the collector: node naive.ts DATABASE_URL PORT
const [url = '', port = ''] = process.argv.slice(2)
const sql = postgres(url, { max: 16 })
const app = new Hono().post('/v1/batches', async (c) => {
  const { id, events } = JSON.parse(await c.req.text()) as { id: string; events: { parent: string }[] }
  await Promise.all(
    events.map(
      ({ parent }) => sql`update naive set orders = orders + 1, updated_at = now() where parent = ${parent}`,
    ),
  )
  return c.json({ id, accepted: events.length }, 202)
})
createAdaptorServer({ fetch: app.fetch }).listen(Number(port), '127.0.0.1')
