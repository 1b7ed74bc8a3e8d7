import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { killAtRandom, terminate } from '../faults/deaths.ts'
import { crashPostgres, loseAnswers } from '../faults/lost-connections.ts'
import { overload } from '../faults/overload.ts'
import { foldPoison } from '../faults/poison.ts'
import { MANY } from '../support/amounts.ts'
import { SOUND } from '../support/check-receipts.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

describe('a collector in the long run', () => {
  // Guarantees 1 and 2.
  test('loses nothing and counts nothing twice through kills at random moments', async () => {
    const { check, longestReadyMs } = await killAtRandom(server, MANY.randomKills, MANY.longestLifeMs)
    console.log(`${check.acked} acked, ready again in at most ${Math.round(longestReadyMs)} ms`)
    expect(check).toMatchObject(SOUND)
    expect(longestReadyMs).toBeLessThan(30_000)
  })

  // Guarantee 2.
  test('counts exactly where one answer of the database in twenty gets lost', async () => {
    const { check, cuts, lostCommits } = await loseAnswers(server, MANY.cutEvents)
    console.log(`${check.acked} acked, ${cuts} answers lost, ${lostCommits} of them of a commit`)
    expect(check).toMatchObject(SOUND)
    expect(lostCommits).toBeGreaterThanOrEqual(MANY.lostCommits)
  })

  // Guarantee 2.
  test('counts exactly where Postgres crashes every three seconds', async () => {
    const check = await crashPostgres(server, MANY.postgresCrashes)
    console.log(`${check.acked} acked`)
    expect(check).toMatchObject({ ...SOUND, logs: [{ dead: 0 }] })
  })

  // Guarantees 1 and 2.
  test('ends within five seconds of SIGTERM, with code 0, and loses nothing', async () => {
    const { check, codes, longestEndMs } = await terminate(server, MANY.terminations)
    console.log(`ended in at most ${Math.round(longestEndMs)} ms`)
    expect(check).toMatchObject(SOUND)
    expect(codes).toEqual(codes.map(() => 0))
    expect(longestEndMs).toBeLessThan(5000)
  })

  // Guarantee 5.
  test('folds past poison', async () => {
    const { check, dead, foldMs } = await foldPoison(server, MANY.poisonBatches)
    console.log(`${MANY.poisonBatches} poisoned batches were folded in ${Math.round(foldMs)} ms`)
    expect(check).toMatchObject({ ...SOUND, acked: MANY.poisonBatches })
    expect(Object.values(dead).reduce((sum, count) => sum + count, 0)).toBe(MANY.poisonBatches)
  })

  // Guarantee 6.
  test('takes at least most of what it can at five times that, and refuses the rest', async () => {
    const result = await overload(server, MANY.overloadSeconds)
    console.log(result)
    expect(result).toMatchObject({ lost: 0, withoutRetryAfter: 0 })
    expect(result.mostMemoryMiB).toBeLessThan(500)
    expect(result.recoveredMs).toBeLessThan(10_000)
  })
})
