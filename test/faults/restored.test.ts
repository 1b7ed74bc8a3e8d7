import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from '../support/collector.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { batchOf, send } from '../support/send.ts'

const CONFIG = fileURLToPath(new URL('../../fixtures/datasets/article.config.ts', import.meta.url))

const LOG_KEEP_MS = 1000

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

/** A collector whose database can be backed up, and started on a backup. */
async function prepare(env: Record<string, string>) {
  const databaseUrl = await server.createDatabase()
  const start = (url: string, dataDir?: string) =>
    startCollector({ configFile: CONFIG, databaseUrl: url, env, ...(dataDir ? { dataDir } : {}) })
  const collector = await start(databaseUrl)
  const { key } = await collector.createKey('secret')
  return { databaseUrl, start, collector, key }
}

/** A copy of a database that nobody is connected to, as a backup of that moment. */
async function backUp(databaseUrl: string): Promise<string> {
  const name = new URL(databaseUrl).pathname.slice(1)
  const sql = postgres(server.url, { max: 1, onnotice: () => undefined })
  await sql.unsafe(`create database ${name}_backup template ${name}`)
  await sql.end()
  return `${databaseUrl}_backup`
}

async function accept({ url }: CollectorProcess, key: string, events: number): Promise<void> {
  const event = { dataset: 'article', parent: 'a', at: '2026-03-29T12:00:00Z', fields: { impressions: 1 } }
  const { status } = await send(
    url,
    batchOf(
      key,
      Array.from({ length: events }, () => event),
    ),
  )
  expect(status).toBe(202)
}

const fold = (collector: CollectorProcess, ...more: string[]) =>
  collector.cli(['fold', '--once', '--json', '--config', CONFIG, ...more])

async function impressions(databaseUrl: string): Promise<number> {
  const sql = postgres(databaseUrl, { max: 1 })
  const [row] = await sql`select impressions from trackable.article where parent = 'a'`
  await sql.end()
  return Number(row?.impressions)
}

// Guarantee 3. A replica that was promoted without the last commits is the same: offset and numbers went back together.
test('a database that went back to a backup gets everything again from the log, once', async () => {
  const { databaseUrl, start, collector, key } = await prepare({ FOLD_EVERY: 'off' })
  await accept(collector, key, 3)
  await fold(collector)
  await collector.stop()
  const backup = await backUp(databaseUrl)
  const second = await start(databaseUrl, collector.dataDir)
  await accept(second, key, 4)
  await fold(second)
  await accept(second, key, 5)
  await second.stop()
  expect(await impressions(databaseUrl)).toBe(7)

  const restored = await start(backup, collector.dataDir)
  expect((await fold(restored)).code).toBe(0)
  expect(await impressions(backup)).toBe(12)
  const status = JSON.parse((await restored.cli(['log', 'status', '--json'])).stdout)
  expect(status).toMatchObject({ received: 12, accepted: 12, folded: 12, duplicates: 0, waiting: 0 })
  await restored.stop()
})

// Guarantee 3. Without the look for a gap in `fold.ts` this folds on, and nine events are silently missing.
test('a backup that is older than the log is not gone on with until somebody accepts what is missing', async () => {
  const { databaseUrl, start, collector, key } = await prepare({ FOLD_EVERY: 'off', LOG_KEEP: '1s' })
  await accept(collector, key, 3)
  await fold(collector)
  await collector.stop()
  const backup = await backUp(databaseUrl)
  // Each life has a segment of its own; what is folded of earlier ones is trimmed.
  let { dataDir } = collector
  for (const events of [4, 5, 6]) {
    const next = await start(databaseUrl, dataDir)
    await accept(next, key, events)
    await sleep(LOG_KEEP_MS)
    await fold(next)
    await next.stop()
    dataDir = next.dataDir
  }

  const restored = await start(backup, dataDir)
  const refused = await fold(restored)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/2 batches with 9 accepted events, that arrived after .* and before /)
  expect(await impressions(backup)).toBe(3)
  const accepted = await fold(restored, '--accept-gap')
  expect(JSON.parse(accepted.stdout)).toMatchObject({ accepted: 9, folded: 9, waiting: 0, lost: 9 })
  expect(await impressions(backup)).toBe(3 + 6)
  await restored.stop()
})
