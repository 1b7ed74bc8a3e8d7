import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCollector } from '@trackable/collector'
import config from '@trackable/fixtures/datasets/article.config.ts'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { startCommand } from './support/command.ts'
import { batchOf, PERSON } from './support/send.ts'

test("the collector's routes work inside a user's own Hono app, and its commands beside it", async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'trackable-embedding-'))
  const collector = await createCollector({
    config,
    databaseUrl: `pglite://${cwd}/trackable-data/db`,
    logUrl: `file://${cwd}/trackable-data/log`,
    foldEvery: 'off',
    report: () => undefined,
  })
  const app = new Hono().get('/', (c) => c.text('my own page')).route('/stats', collector.app)
  expect(await (await app.request('/')).text()).toBe('my own page')

  const { result } = startCommand('collector', ['keys', 'create', '--kind', 'write', '--json'], { cwd })
  const { key } = JSON.parse((await result).stdout)
  const event = { dataset: 'article', parent: '1', at: new Date().toISOString(), fields: { impressions: 1 } }
  const sent = await app.request('/stats/v1/batches', {
    method: 'POST',
    headers: { 'content-type': 'text/plain', 'user-agent': PERSON },
    body: JSON.stringify(batchOf(key, [event])),
  })
  expect(sent.status).toBe(202)
  expect(await collector.fold()).toBe(1)
  const totals = await app.request(`/stats/v1/datasets/article/totals?parent=1&key=${key}`)
  expect(await totals.json()).toEqual({ rows: [{ parent: '1', impressions: 1, clickThroughs: 0 }] })
  await collector.close()
}, 60_000)
