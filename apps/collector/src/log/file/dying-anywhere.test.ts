import { expect, test } from 'vitest'
import { createPowerLossDisk, type PowerLossDisk } from '../../../../../test/support/power-loss.ts'
import { seededRandom } from '../../../../../test/support/random.ts'
import { batchOf, readEntries } from '../event-log.contract.ts'
import { openFileLog } from './file-log.ts'

/** Files of a log with several segments, the newest of them with a torn end, as they were when the power went. */
async function tornLog(): Promise<{ files: Map<string, Buffer>; positions: string[] }> {
  const disk = createPowerLossDisk(seededRandom(1))
  const log = await openFileLog({ dir: '/log', definitions: [], fs: disk, segmentBytes: 1000 })
  const positions: string[] = []
  for (let i = 0; i < 25; i++) positions.push(await log.append(batchOf(`b${i}`, 4, i)))
  const files = disk.contents()
  const newest = [...files.keys()]
    .filter((path) => path.endsWith('.log'))
    .sort()
    .at(-1)!
  files.set(newest, Buffer.concat([files.get(newest)!, Buffer.alloc(700, 'torn')]))
  return { files, positions }
}

/** Dies at every operation of some work in turn, by power cut and by kill, several times each. */
async function diesEverywhere(
  work: (disk: PowerLossDisk) => Promise<unknown>,
  check: (disk: PowerLossDisk, context: string) => Promise<void>,
  files: ReadonlyMap<string, Buffer>,
): Promise<number> {
  for (let operation = 1; ; operation++) {
    for (let repeat = 0; repeat < 6; repeat++) {
      const disk = createPowerLossDisk(seededRandom(operation * 10 + repeat), files)
      const lost = disk.loseAfter(operation).then(() => 'lost')
      if ((await Promise.race([lost, work(disk)])) !== 'lost') return operation
      const context = `died at operation ${operation}, repeat ${repeat}`
      await check(repeat % 3 === 0 ? disk.kill() : disk.crash(), context)
    }
  }
}

test('whenever recovery dies, the next one finds everything', async () => {
  const { files, positions } = await tornLog()
  const open = (fs: PowerLossDisk) => openFileLog({ dir: '/log', definitions: [], fs })
  const operations = await diesEverywhere(
    open,
    async (disk, context) => {
      const log = await open(disk)
      const found = (await readEntries(log)).map(({ position }) => position)
      expect(found, context).toEqual(positions)
    },
    files,
  )
  // Evidence, copy and new segment.
  expect(operations).toBeGreaterThan(12)
})

test('whenever a trim dies, only segments at the front are gone, and none is missed', async () => {
  const { files, positions } = await tornLog()
  const open = (fs: PowerLossDisk) => openFileLog({ dir: '/log', definitions: [], fs })
  // Recovered once, so that the operations that follow are those of the trim.
  const recovered = createPowerLossDisk(seededRandom(1), files)
  await (await open(recovered)).close()
  await diesEverywhere(
    async (disk) => {
      const log = await open(disk)
      await log.trim(positions[20]!, 1000)
    },
    async (disk, context) => {
      const log = await open(disk)
      expect(log.damage, context).toEqual([])
      const found = (await readEntries(log)).map(({ position }) => position)
      expect(found, context).toEqual(positions.slice(-found.length))
      expect(found.length, context).toBeGreaterThanOrEqual(5)
      expect((await log.view(null)).before.batches + found.length, context).toBe(25)
    },
    recovered.contents(),
  )
})
