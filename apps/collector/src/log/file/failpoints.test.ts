import { expect, test, vi } from 'vitest'
import { createPowerLossDisk } from '../../../../../test/support/power-loss.ts'
import { seededRandom } from '../../../../../test/support/random.ts'
import { batchOf, readAll } from '../event-log.contract.ts'
import { openFileLog } from './file-log.ts'

vi.hoisted(() => vi.stubEnv('TRACKABLE_FAILPOINT', 'append-durable:throw:3'))

test('a failure between the sync and its answers is told as a failed sync', async () => {
  const log = await openFileLog({ dir: '/log', definitions: [], fs: createPowerLossDisk(seededRandom(1)) })
  await log.append(batchOf('a'))
  await log.append(batchOf('b'))
  await expect(log.append(batchOf('c'))).rejects.toMatchObject({ fatal: true })
  await expect(log.append(batchOf('d'))).rejects.toMatchObject({ fatal: true })
  expect(await log.refusal()).toMatch(/could not be synced/)
  expect(await readAll(log)).toEqual(['a', 'b'])
  await log.close()
})
