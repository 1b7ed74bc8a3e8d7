import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkReceipts, SOUND } from '../support/check-receipts.ts'
import { startCommand } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'
import { startLoad } from '../support/load.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { tempDir } from '../support/temp-dir.ts'
import { prepareGround, RECEIPT_CONFIG } from './ground.ts'

const BATCHES = 400
const TRIES = 5

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

describe('two collectors', () => {
  // Guarantee 2: the ledger of batch ids is shared by every log of a database.
  test('with a log each count a batch once that both of them got', async () => {
    const first = await prepareGround(server)
    const second = await prepareGround(server, { databaseUrl: first.databaseUrl })
    const collectors = [await first.start(), await second.start()]
    const file = join(tempDir('receipts').path, 'receipts.csv')
    const urls = collectors.map(({ url }) => url)
    await startLoad({ urls, key: first.key, file, batches: BATCHES, senders: 8 }).done
    const check = await checkReceipts(file, first.databaseUrl, ...collectors)
    expect(check).toMatchObject({ ...SOUND, acked: BATCHES, unacked: 0 })
    const duplicates = check.logs.reduce((sum, log) => sum + log.duplicates, 0)
    const folded = check.logs.reduce((sum, log) => sum + log.folded, 0)
    expect(duplicates).toBe(folded)
    for (const collector of collectors) await collector.kill9()
  })

  // Guarantee 2: a log has one folder, which dies with its process. Without the look
  // whether the socket is held, in `lock.ts`, the second goes on serving.
  test('cannot hold one folder: the second names the first and ends, until the first is dead', async () => {
    const ground = await prepareGround(server)
    let holder = await ground.start()
    let slowest = 0
    for (let time = 0; time < TRIES; time++) {
      const serve = ['serve', '--port', String(await freePort()), '--config', RECEIPT_CONFIG]
      const asked = performance.now()
      const second = await startCommand('collector', serve, {
        cwd: ground.dataDir,
        env: { DATABASE_URL: ground.databaseUrl },
      }).result
      slowest = Math.max(slowest, performance.now() - asked)
      expect(second.code).toBe(1)
      expect(second.stderr).toContain(`is held by process ${holder.pid}`)
      await holder.kill9()
      holder = await ground.start()
    }
    // A command opens no folder that is held: it asks the collector that holds it.
    expect((await holder.cli(['fold', '--once'])).code).toBe(0)
    await holder.kill9()
    // A second is meant; a crowded machine needs as long to start Node.
    expect(slowest).toBeLessThan(5000)
    console.log(`refused in at most ${Math.round(slowest)} ms`)
  })
})
