import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkReceipts, SOUND } from '../support/check-receipts.ts'
import { type CollectorProcess, startCollector } from '../support/collector.ts'
import { startLoad } from '../support/load.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { tempDir } from '../support/temp-dir.ts'
import { prepareGround } from './ground.ts'

const WIDER = fileURLToPath(new URL('../../fixtures/datasets/receipt-wider.config.ts', import.meta.url))
// Each collector has a load of its own: about 25 batches a second of ten events, 500 events a second of both.
const SENDERS = 2
const PAUSE_MS = 80
const BETWEEN_MS = 3000
const MOST_WAIT_MS = 5000
const TIMEOUT_MS = 300_000

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

/** Watches for how long statements wait for locks; gives the longest wait in milliseconds. */
function watchLocks(databaseUrl: string) {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
  let longest = 0
  let watching = true
  const watched = (async () => {
    for (; watching; await sleep(50)) {
      const [row] = await sql<{ ms: number }[]>`
        select coalesce(max(extract(epoch from clock_timestamp() - query_start) * 1000), 0)::float8 as ms
        from pg_stat_activity where wait_event_type = 'Lock'`
      longest = Math.max(longest, row!.ms)
    }
  })()
  // Whoever stops it learns of what it threw; a test that failed before stops nothing.
  watched.catch(() => undefined)
  return async () => {
    watching = false
    await watched
    await sql.end()
    return longest
  }
}

test(
  'two collectors that are restarted one after the other with a wider configuration lose nothing, count nothing twice, and nobody waits for a migration',
  async () => {
    const first = await prepareGround(server)
    const second = await prepareGround(server, { databaseUrl: first.databaseUrl })
    const grounds = [first, second]
    const running = await Promise.all(grounds.map((ground) => ground.start()))
    const file = join(tempDir('receipts').path, 'receipts.csv')
    const longestWait = watchLocks(first.databaseUrl)
    const loads = running.map(({ url }) =>
      startLoad({ urls: [url], key: first.key, file, senders: SENDERS, pauseMs: PAUSE_MS }),
    )

    const next = async ({ port, dataDir, stop }: CollectorProcess): Promise<CollectorProcess> => {
      await sleep(BETWEEN_MS)
      await stop()
      const { databaseUrl } = first
      return startCollector({ configFile: WIDER, port, dataDir, databaseUrl, env: { LOG_LEVEL: 'warn' } })
    }
    for (const [i, old] of running.entries()) running[i] = await next(old)
    await sleep(BETWEEN_MS)
    await Promise.all(loads.map((load) => load.stop()))

    const check = await checkReceipts(file, first.databaseUrl, ...running)
    const longest = await longestWait()
    expect(check).toMatchObject(SOUND)
    expect(check.logs.every(({ dead }) => dead === 0)).toBe(true)
    expect(longest).toBeLessThan(MOST_WAIT_MS)
    console.log(`${check.acked} batches; the longest wait for a lock was ${Math.round(longest)} ms`)
    for (const collector of running) await collector.kill9()
  },
  TIMEOUT_MS,
)
