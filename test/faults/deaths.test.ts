import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FEW } from '../support/amounts.ts'
import { SOUND } from '../support/check-receipts.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { killAtRandom, terminate } from './deaths.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

describe('a collector under load', () => {
  // Guarantees 1 and 2. Where ingest does not wait for `log.append`, acknowledged batches are lost.
  test('that is killed at random moments loses nothing and counts nothing twice', async () => {
    const { check, longestReadyMs } = await killAtRandom(server, FEW.randomKills, FEW.longestLifeMs)
    expect(check).toMatchObject(SOUND)
    expect(longestReadyMs).toBeLessThan(30_000)
    console.log(`${check.acked} acked, ready again in at most ${Math.round(longestReadyMs)} ms`)
  })

  // Guarantees 2 and 4: repeats come in any order, before a death and after it.
  test('that gets every batch one to five times, and is killed between them, counts each once', async () => {
    const { check } = await killAtRandom(server, 3, FEW.longestLifeMs, 5)
    expect(check).toMatchObject(SOUND)
    expect(check.logs[0]!.duplicates).toBeGreaterThan(check.logs[0]!.folded)
  })

  // Guarantees 1 and 2.
  test('that is told to end does so within five seconds, with code 0, and loses nothing', async () => {
    const { check, codes, longestEndMs } = await terminate(server, FEW.terminations)
    expect(check).toMatchObject(SOUND)
    expect(codes).toEqual(codes.map(() => 0))
    expect(longestEndMs).toBeLessThan(5000)
    console.log(`ended in at most ${Math.round(longestEndMs)} ms`)
  })
})
