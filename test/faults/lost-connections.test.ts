import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FEW } from '../support/amounts.ts'
import { SOUND } from '../support/check-receipts.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { crashPostgres, loseAnswers } from './lost-connections.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

// Guarantee 2: a commit whose answer got lost is neither repeated nor forgotten. Three lines stand behind each other here: the
// offset that is read anew (`fold.ts`), its compare-and-set and the look for known ids (`_fold_begin`). Each alone is
// guarded by `fold-database.contract.ts`; with all three taken out, 34 batches of 1,000 counted twice.
describe('a collector whose connections to the database break', () => {
  test('counts exactly, and lives, where one answer in twenty gets lost', async () => {
    const { check, cuts, lostCommits } = await loseAnswers(server, FEW.cutEvents)
    expect(check).toMatchObject(SOUND)
    expect(lostCommits).toBeGreaterThanOrEqual(FEW.lostCommits)
    console.log(`${check.acked} acked, ${cuts} answers lost, ${lostCommits} of them of a commit`)
  })

  test('counts exactly, and lives, where Postgres crashes every three seconds', async () => {
    const check = await crashPostgres(server, FEW.postgresCrashes)
    expect(check).toMatchObject({ ...SOUND, logs: [{ dead: 0 }] })
  })
})
