import { createCollector } from '@trackable/collector'
import config from '@trackable/fixtures/datasets/product.config.ts'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCommand } from './support/command.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, PERSON } from './support/send.ts'
import { tempDir } from './support/temp-dir.ts'

const BATCHES = 150

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())

// Fails where `_fold_begin` does not compare how many ids it inserted: both folds then find the ids unknown, the
// second waits for the first's rows, and adds its deltas all the same.
test('the same batch in two logs, folded by two folders at once, counts once', async () => {
  const databaseUrl = await server.createDatabase()
  const open = async () => {
    const dir = tempDir('two-logs').path
    const logUrl = `file://${dir}/trackable-data/log`
    const collector = await createCollector({
      config,
      databaseUrl,
      logUrl,
      foldEvery: 'off',
      report: () => undefined,
    })
    return { ...collector, dir }
  }
  const first = await open()
  const { stdout } = await startCommand('collector', ['keys', 'create', '--kind', 'write', '--json'], {
    cwd: first.dir,
  }).result
  const { key } = JSON.parse(stdout)
  const second = await open()
  const send = async ({ app }: { app: typeof first.app }, batch: object) => {
    const headers = { 'content-type': 'text/plain', 'user-agent': PERSON }
    const answer = await app.request('/v1/batches', { method: 'POST', headers, body: JSON.stringify(batch) })
    expect(answer.status).toBe(202)
  }
  for (let i = 0; i < BATCHES; i++) {
    const event = {
      dataset: 'product',
      parent: `p${i % 7}`,
      at: new Date().toISOString(),
      fields: { orders: 1 },
    }
    const batch = batchOf(key, [event, event])
    await Promise.all([send(first, batch), send(second, batch)])
    if (i % 3 === 2) await Promise.all([first.fold(), second.fold()])
  }
  await Promise.all([first.close(), second.close()])

  const sql = postgres(databaseUrl, { max: 1 })
  const [total] = await sql`select sum(orders)::int as orders from trackable.product`
  expect(total?.orders).toBe(BATCHES * 2)
  const logs = await sql`select accepted::int, folded::int, duplicates::int from trackable._logs`
  expect(logs.map(({ accepted }) => accepted)).toEqual([BATCHES * 2, BATCHES * 2])
  expect(logs.reduce((sum, { folded }) => sum + folded, 0)).toBe(BATCHES * 2)
  await sql.end()
}, 120_000)
