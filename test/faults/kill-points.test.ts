import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FEW } from '../support/amounts.ts'
import { SOUND } from '../support/check-receipts.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { dieAt, KILL_POINTS } from './kill-points.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

// Guarantees 1, 2 and 5: what was answered 202 is on disk, counts once, and is accounted for, wherever the process dies.
// Where ingest does not wait for `log.append`, batches are lost at validated, append-queued, reply-half and fold-read.
describe('a collector that is killed', () => {
  test.each(KILL_POINTS.map((point) => [point.name, point.action, point] as const))(
    'at %s (%s) loses nothing and counts nothing twice',
    async (_name, _action, point) => {
      for (let time = 1; time <= FEW.killsAtEachPoint; time++) {
        const { check, signal, readyMs } = await dieAt(point, server, time)
        expect(signal).toBe('SIGKILL')
        expect(check).toMatchObject(SOUND)
        expect(check.acked).toBeGreaterThan(0)
        expect(readyMs).toBeLessThan(30_000)
        console.log(
          `${point.name}:${point.action}: ${check.acked} acked, ready again in ${Math.round(readyMs)} ms`,
        )
      }
    },
  )
})
