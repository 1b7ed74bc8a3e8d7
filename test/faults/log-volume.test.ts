import { spawnSync } from 'node:child_process'
import { appendFileSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atExit } from '../support/at-exit.ts'
import { SOUND } from '../support/check-receipts.ts'
import { hits } from '../support/load.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { batchOf, send } from '../support/send.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'
import { prepareGround } from './ground.ts'
import { surviving } from './lost-connections.ts'

const VOLUME = '24m'
const MEGABYTE = Buffer.alloc(1024 * 1024)

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

/** A small file system of its own, or the reason why there can be none. */
function mountVolume(): { path: string; unmount(): void } | { reason: string } {
  const { path } = tempDir('volume')
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${VOLUME}`, 'tmpfs', path])
  if (status !== 0) return { reason: `no file system can be mounted here: ${error ?? stderr}` }
  const unmount = () => void spawnSync('umount', ['-l', path])
  const forget = atExit(unmount)
  return {
    path,
    unmount() {
      forget()
      unmount()
    },
  }
}

function fill(file: string): void {
  for (const bytes of [MEGABYTE, MEGABYTE.subarray(0, 4096)]) {
    try {
      for (;;) appendFileSync(file, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}

describe('the log of a collector', () => {
  // Guarantees 1 and 6.
  test('on a full disk refuses with 503, and goes on by itself when there is room', async ({ skip }) => {
    const volume = mountVolume()
    if ('reason' in volume) return skip(volume.reason)
    const ground = await prepareGround(server, { env: { LOG_URL: `file://${volume.path}/log` } })
    const collector = await ground.start()
    const load = ground.load({ senders: 2, pauseMs: 20, givingUp: 0 })
    const attempt = async () => {
      const asked = performance.now()
      const answer = await send(collector.url, batchOf(ground.key, []))
      return { ...answer, ms: performance.now() - asked }
    }
    await until('batches are taken', () => (load.statuses()['202'] ?? 0) > 50)

    const filler = join(volume.path, 'filler')
    fill(filler)
    // The room is looked at once a second, and a write that finds none says so before.
    const refused = await surviving(
      collector,
      until('a batch is refused', async () => (await attempt()).status === 503 && attempt(), 3000),
    )
    expect(refused.status).toBe(503)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.ms).toBeLessThan(1000)
    const notReady = async () => {
      const answer = await fetch(`${collector.url}/readyz`)
      return answer.status === 503 && answer.json()
    }
    const ready = await surviving(collector, until('it says that it is not ready', notReady, 2000))
    expect(ready).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/disk/) })

    rmSync(filler)
    await surviving(
      collector,
      until('batches are taken again', async () => (await attempt()).status === 202, 5000),
    )
    await surviving(collector, load.stop())
    const check = await ground.check(collector)
    await collector.kill9()
    volume.unmount()
    expect(check).toMatchObject({ ...SOUND, unacked: 0 })
    expect(load.statuses()).toHaveProperty('503')
  })

  // Guarantee 1: after a failed sync nothing is acknowledged, and the process ends, because the page cache may lie.
  // Where ingest does not tell `onFatal`, the process stays.
  test('that cannot be synced acknowledges nothing more, and is whole after a restart', async () => {
    const ground = await prepareGround(server)
    const dying = await ground.start('append-durable:throw:20')
    const load = ground.load({ senders: 1, givingUp: 0, contents: hits })
    const { code, signal } = await dying.ended
    expect(signal).toBeNull()
    expect(code).toBeGreaterThan(0)
    const lines = (await readFile(join(ground.dataDir, 'receipts.csv'), 'utf8')).trim().split('\n')
    const statuses = lines.map((line) => line.split(',')[2]).filter((status) => status !== 'sent')
    expect(statuses).toContain('503')
    expect(statuses.slice(statuses.indexOf('503'))).not.toContain('202')

    const next = await ground.start()
    await load.stop()
    expect(await ground.check(next)).toMatchObject({ ...SOUND, unacked: 0 })
    await next.kill9()
  })
})
