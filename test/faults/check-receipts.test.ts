import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SOUND } from '../support/check-receipts.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { prepareGround } from './ground.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

test('a check of receipts sees a batch that is lost, one that counted twice, and one that counted in part', async () => {
  const ground = await prepareGround(server)
  const collector = await ground.start()
  await ground.load({ batches: 40 }).done
  expect(await ground.check(collector)).toMatchObject({ ...SOUND, acked: 40, unacked: 0 })

  const sql = postgres(ground.databaseUrl, { max: 1 })
  const rows = await sql<{ parent: string }[]>`select parent from trackable.receipt where hits > 1 limit 3`
  const [lost, twice, torn] = rows.map(({ parent }) => parent)
  await sql`delete from trackable.receipt where parent = ${lost!}`
  await sql`update trackable.receipt set hits = hits + 100 where parent = ${twice!}`
  await sql`update trackable.receipt set hits = hits - 1 where parent = ${torn!}`
  await sql.end()
  expect(await ground.check(collector)).toMatchObject({
    lost: 2,
    countedTwice: 1,
    torn: 1,
    identityHolds: false,
    breakdownsHold: false,
  })
  await collector.kill9()
})
