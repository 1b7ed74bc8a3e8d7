import { afterAll, beforeAll, expect, test } from 'vitest'
import { FEW } from '../support/amounts.ts'
import { SOUND } from '../support/check-receipts.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { foldPoison } from './poison.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

// Guarantee 5: one bad event harms no other, and a poison event never stops the fold.
// Where `findPoison` does not let go of the events that passed its probe, all 100 batches are lost with their one.
test('an event that the database refuses becomes a dead letter, and its neighbours count', async () => {
  const { check, dead, foldMs } = await foldPoison(server, FEW.poisonBatches)
  expect(check).toMatchObject({ ...SOUND, acked: FEW.poisonBatches })
  const { database_refused: refused = 0, overflow = 0 } = dead
  expect(refused + overflow).toBe(FEW.poisonBatches)
  expect(Math.min(refused, overflow)).toBeGreaterThan(0)
  console.log(`${FEW.poisonBatches} poisoned batches were folded in ${Math.round(foldMs)} ms`)
})
