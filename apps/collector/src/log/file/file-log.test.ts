import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createPowerLossDisk } from '../../../../../test/support/power-loss.ts'
import { seededRandom } from '../../../../../test/support/random.ts'
import { batchOf, eventLogContract, readAll } from '../event-log.contract.ts'
import { openFileLog } from './file-log.ts'
import { type LogFileSystem, nodeFileSystem } from './file-system.ts'

const definitions = [{ name: 'article' }]
const folder = () => mkdtempSync(join(tmpdir(), 'trackable-log-'))
const segmentsOf = (dir: string) =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.log'))
    .sort()

/** A log with records in it, closed; what is in its newest segment that has any. */
async function written(records: number): Promise<{ dir: string; file: string; positions: string[] }> {
  const dir = folder()
  const log = await openFileLog({ dir, definitions })
  const positions: string[] = []
  for (let i = 0; i < records; i++) positions.push(await log.append(batchOf(`b${i}`, 2)))
  await log.close()
  return { dir, file: join(dir, segmentsOf(dir).at(-1)!), positions }
}

describe('the file log', () => {
  eventLogContract(() => openFileLog({ dir: folder(), definitions, segmentBytes: 500, tailBytes: 100 }))
})

describe('the file log with its tail in memory', () => {
  eventLogContract(() => openFileLog({ dir: folder(), definitions }))
})

describe('a file log that is opened again', () => {
  test('goes on after a position of an earlier run, and never gives a position twice', async () => {
    const dir = folder()
    const positions = new Set<string>()
    for (let run = 0; run < 4; run++) {
      const log = await openFileLog({ dir, definitions })
      for (let i = 0; i < 3; i++) positions.add(await log.append(batchOf(`${run}.${i}`)))
      await log.close()
    }
    expect(positions.size).toBe(12)
    const log = await openFileLog({ dir, definitions })
    expect(await readAll(log, [...positions][4]!)).toEqual(['1.2', '2.0', '2.1', '2.2', '3.0', '3.1', '3.2'])
    await log.close()
  })

  test('keeps its identity, and a new folder has another', async () => {
    const { dir } = await written(1)
    const identity = async (of: string) => {
      const log = await openFileLog({ dir: of, definitions })
      await log.close()
      return log.id
    }
    const [first, second, other] = [await identity(dir), await identity(dir), await identity(folder())]
    expect(first).toBe(second)
    expect(other).not.toBe(first)
  })

  test('starts with any cut of its last segment, and keeps every whole record before it', async () => {
    const { dir, file } = await written(5)
    const bytes = readFileSync(file)
    for (let cut = 0; cut <= bytes.length; cut += 17) {
      const copy = folder()
      writeFileSync(join(copy, segmentsOf(dir)[0]!), bytes.subarray(0, cut))
      const log = await openFileLog({ dir: copy, definitions })
      const ids = await readAll(log)
      expect(ids).toEqual(['b0', 'b1', 'b2', 'b3', 'b4'].slice(0, ids.length))
      expect(await log.append(batchOf('new'))).toBeTruthy()
      await log.close()
    }
  })

  test('loses the one record that a flipped bit is in, says so, and keeps its neighbours', async () => {
    const { dir, file, positions } = await written(5)
    const bytes = readFileSync(file)
    const header = Number(positions[0]!.split(':')[1])
    for (let byte = header; byte < bytes.length; byte += 11) {
      const copy = folder()
      const flipped = Buffer.from(bytes)
      flipped[byte]! ^= 1 << (byte % 8)
      writeFileSync(join(copy, segmentsOf(dir)[0]!), flipped)
      const log = await openFileLog({ dir: copy, definitions })
      expect((await readAll(log)).length).toBe(4)
      expect(log.damage.length).toBe(1)
      await log.close()
    }
  })

  test('passes over a page of zeros', async () => {
    const { dir, file } = await written(300)
    const bytes = readFileSync(file)
    bytes.fill(0, 8192, 12288)
    writeFileSync(file, bytes)
    const log = await openFileLog({ dir, definitions })
    const ids = await readAll(log, null, 100_000)
    expect(ids.at(-1)).toBe('b299')
    expect(ids.length).toBeGreaterThan(230)
    expect(log.damage[0]?.bytes).toBeGreaterThanOrEqual(4096)
    await log.close()
  })

  test('sets a file aside whose header cannot be read', async () => {
    const { dir } = await written(2)
    writeFileSync(join(dir, '000000000009-0123456789abcdef.log'), 'what is this')
    const log = await openFileLog({ dir, definitions })
    expect(await readAll(log)).toEqual(['b0', 'b1'])
    expect(log.damage).toEqual([expect.objectContaining({ reason: 'no readable header' })])
    expect(readdirSync(join(dir, 'damaged'))).toEqual(['000000000009-0123456789abcdef.log'])
    await log.close()
  })
})

describe('a file log that holds much', () => {
  test('reads on behind damage that is longer than what is read at once', async () => {
    const disk = createPowerLossDisk(seededRandom(1))
    const log = await openFileLog({ dir: '/log', definitions, fs: disk })
    const ids = Array.from({ length: 20 }, (_, i) => `${i}`.padStart(1_000_000))
    for (const id of ids) await log.append(batchOf(id))
    await log.close()
    const files = disk.contents()
    const [path, bytes] = [...files].find(([name]) => name.endsWith('.log'))!
    bytes.fill(0, 2_500_000, 11_500_000)
    files.set(path, bytes.subarray(0, bytes.length - 1))
    const damaged = createPowerLossDisk(seededRandom(1), files)
    const again = await openFileLog({ dir: '/log', definitions, fs: damaged })
    const lengths = again.damage.map((each) => Math.round(each.bytes / 1_000_000))
    expect(lengths).toEqual([10, 1])
    const kept = (await readAll(again, null, 1_500_000)).map(Number)
    expect(kept).toEqual([0, 1, 12, 13, 14, 15, 16, 17, 18])
    await again.close()
  })

  test('a view reads no more than the segment of its position, and the same view again reads nothing', async () => {
    const reads: string[] = []
    const fs: LogFileSystem = {
      ...nodeFileSystem,
      read(path, from, length) {
        reads.push(basename(path))
        return nodeFileSystem.read(path, from, length)
      },
    }
    const options = { dir: folder(), definitions, fs, segmentBytes: 3000, tailBytes: 0 }
    const log = await openFileLog(options)
    const positions: string[] = []
    for (let i = 0; i < 100; i++) positions.push(await log.append(batchOf(`b${i}`, 3)))
    const segments = segmentsOf(options.dir)
    expect(segments.length).toBeGreaterThan(3)
    const middle = positions[50]!
    reads.length = 0
    expect(await log.view(middle)).toMatchObject({ waiting: { batches: 49 } })
    expect(new Set(reads)).toEqual(new Set([segments[0], `${middle.split(':')[0]}.log`]))
    reads.length = 0
    expect(await log.view(middle)).toMatchObject({ waiting: { batches: 49 } })
    expect(reads).toEqual([])
    await log.close()
  })

  test('a read during which its segment is trimmed goes on with the oldest that is kept', async () => {
    let trimming: () => Promise<void> = async () => undefined
    const fs: LogFileSystem = {
      ...nodeFileSystem,
      async read(path, from, length) {
        await trimming()
        return nodeFileSystem.read(path, from, length)
      },
    }
    const log = await openFileLog({ dir: folder(), definitions, fs, segmentBytes: 3000, tailBytes: 0 })
    const positions: string[] = []
    for (let i = 0; i < 100; i++) positions.push(await log.append(batchOf(`b${i}`, 3)))
    trimming = async () => {
      trimming = async () => undefined
      await log.trim(positions[60]!, 1)
    }
    const ids = (await log.read(null, 1_000_000)).map(({ batch }) => batch.id)
    expect(ids.at(-1)).toBe('b99')
    expect(ids).toEqual(positions.map((_, i) => `b${i}`).slice(-ids.length))
    expect(ids.length).toBeLessThan(60)
    await log.close()
  })
})
