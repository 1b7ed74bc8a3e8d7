import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
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
    for (let cut = 0; cut <= bytes.length; cut += 7) {
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
    const { dir, file } = await written(5)
    const bytes = readFileSync(file)
    for (let byte = 120; byte < bytes.length; byte += 11) {
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

/** The real file system with one call replaced. */
function failing(
  change: (file: { sync(): Promise<void>; write(bytes: Buffer): Promise<void> }) => object,
): LogFileSystem {
  return {
    ...nodeFileSystem,
    async create(path) {
      const file = await nodeFileSystem.create(path)
      return path.includes('.log') ? { ...file, ...change(file) } : file
    },
  }
}

describe('a file log on a disk that fails', () => {
  test('an append resolves only after the sync that covers it', async () => {
    let release: () => void = () => undefined
    let syncs = 0
    const fs = failing((file) => ({
      async sync() {
        if (++syncs > 1) await new Promise<void>((settle) => (release = settle))
        await file.sync()
      },
    }))
    const log = await openFileLog({ dir: folder(), definitions, fs })
    let durable = false
    const appending = log.append(batchOf('a')).then(() => (durable = true))
    await new Promise((settle) => setTimeout(settle, 50))
    expect(durable).toBe(false)
    // The fold must not see it either: a power cut could still take it.
    expect(await log.read(null, 1000)).toEqual([])
    release()
    await appending
    expect((await log.read(null, 1000)).length).toBe(1)
    await log.close()
  })

  test('a failed sync refuses what waits and everything after it', async () => {
    let broken = false
    const fs = failing((file) => ({
      sync: () => (broken ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) : file.sync()),
    }))
    const log = await openFileLog({ dir: folder(), definitions, fs })
    await log.append(batchOf('a'))
    broken = true
    const answers = await Promise.allSettled([log.append(batchOf('b')), log.append(batchOf('c'))])
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    broken = false
    await expect(log.append(batchOf('d'))).rejects.toMatchObject({ code: 'unavailable', fatal: true })
    expect(await readAll(log)).toEqual(['a'])
    await log.close()
  })

  test('a full disk refuses, and appends go on in a new segment when there is room', async () => {
    let full = false
    const fs = failing((file) => ({
      async write(bytes: Buffer) {
        if (!full) return file.write(bytes)
        await file.write(bytes.subarray(0, 10))
        throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
      },
    }))
    const dir = folder()
    const log = await openFileLog({ dir, definitions, fs })
    await log.append(batchOf('a'))
    full = true
    await expect(log.append(batchOf('b'))).rejects.toMatchObject({ fatal: false })
    full = false
    await log.append(batchOf('c'))
    expect(await readAll(log)).toEqual(['a', 'c'])
    await log.close()
    const again = await openFileLog({ dir, definitions })
    expect(await readAll(again)).toEqual(['a', 'c'])
    await again.close()
  })

  test('below the reserve nothing is accepted, and the reason is told', async () => {
    const fs = { ...nodeFileSystem, free: async () => 1000 }
    const log = await openFileLog({ dir: folder(), definitions, fs, reserveBytes: 2000 })
    await expect(log.append(batchOf('a'))).rejects.toMatchObject({ fatal: false })
    expect(await log.refusal()).toMatch(/reserve/)
    await log.close()
  })
})
