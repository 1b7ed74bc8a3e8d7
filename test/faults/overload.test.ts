import { afterAll, beforeAll, expect, test } from 'vitest'
import { FEW } from '../support/amounts.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { overload } from './overload.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

// Guarantee 6. Without the look at what is under way in `admission.ts` nothing is refused: 1,500 requests wait.
test('a collector that is offered five times what it can take refuses the rest, and loses nothing of what it took', async () => {
  const result = await overload(server, FEW.overloadSeconds)
  console.log(result)
  expect(result).toMatchObject({ lost: 0, withoutRetryAfter: 0 })
  expect(
    Object.keys(result.answers).filter((answer) => !['202', '429', '503', 'cut'].includes(answer)),
  ).toEqual([])
  expect(result.answers['503']).toBeGreaterThan(0)
  expect(result.mostMemoryMiB).toBeLessThan(500)
})
