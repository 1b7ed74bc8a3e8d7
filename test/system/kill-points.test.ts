import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dieAt, KILL_POINTS } from '../faults/kill-points.ts'
import { MANY } from '../support/amounts.ts'
import { SOUND } from '../support/check-receipts.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

// Guarantees 1, 2 and 5, at another hit of the point each time.
describe('a collector that is killed again and again', () => {
  test.each(KILL_POINTS.map((point) => [point.name, point.action, point] as const))(
    'at %s (%s) loses nothing and counts nothing twice',
    async (name, action, point) => {
      let longestReadyMs = 0
      for (let time = 1; time <= MANY.killsAtEachPoint; time++) {
        const { check, signal, readyMs } = await dieAt(point, server, time)
        expect({ time, signal, ...check }).toMatchObject({ time, signal: 'SIGKILL', ...SOUND })
        longestReadyMs = Math.max(longestReadyMs, readyMs)
      }
      expect(longestReadyMs).toBeLessThan(30_000)
      console.log(`${name}:${action}: ready again in at most ${Math.round(longestReadyMs)} ms`)
    },
  )
})
