import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { batchOf, readAll } from '../event-log.contract.ts'
import { openFileLog } from './file-log.ts'
import { type LogFileSystem, nodeFileSystem } from './file-system.ts'

const definitions = [{ name: 'article' }]
const folder = () => mkdtempSync(join(tmpdir(), 'trackable-log-'))
const coded = (code: string) => Object.assign(new Error(`${code}: injected`), { code })

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
    const fs = { ...nodeFileSystem, space: async () => ({ size: 10_000, free: 1000 }) }
    const log = await openFileLog({ dir: folder(), definitions, fs, reserveBytes: 2000 })
    await expect(log.append(batchOf('a'))).rejects.toMatchObject({ fatal: false })
    expect(await log.refusal()).toMatch(/reserve/)
    await log.close()
  })
})

describe('a file log on a disk that is slow or small', () => {
  test('refuses what would wait past its limit, and takes appends again when the disk has caught up', async () => {
    let release: () => void = () => undefined
    let slow = false
    const fs = failing((file) => ({
      async sync() {
        if (slow) await new Promise<void>((settle) => (release = settle))
        await file.sync()
      },
    }))
    const log = await openFileLog({ dir: folder(), definitions, fs, queueBytes: 5000 })
    slow = true
    const answers = Promise.allSettled(Array.from({ length: 200 }, (_, i) => log.append(batchOf(`b${i}`, 2))))
    await new Promise((settle) => setTimeout(settle, 50))
    slow = false
    release()
    const refused = (await answers)
      .filter((answer) => answer.status === 'rejected')
      .map(({ reason }) => reason)
    expect(refused.length).toBeGreaterThan(100)
    for (const reason of refused) {
      expect(reason).toMatchObject({
        fatal: false,
        message: 'more than 5000 bytes wait for the disk; send again',
      })
    }
    await log.append(batchOf('later'))
    expect((await readAll(log)).length).toBe(200 - refused.length + 1)
    await log.close()
  })

  test('keeps a twentieth of a small volume free, and appends again within seconds of there being room', async () => {
    let free = 3_000_000
    const fs = { ...nodeFileSystem, space: async () => ({ size: 64 * 1024 * 1024, free }) }
    const log = await openFileLog({ dir: folder(), definitions, fs })
    await expect(log.append(batchOf('a'))).rejects.toMatchObject({ fatal: false })
    free = 4_000_000
    await new Promise((settle) => setTimeout(settle, 1100))
    expect(await log.refusal()).toBeUndefined()
    await log.append(batchOf('b'))
    expect(await readAll(log)).toEqual(['b'])
    await log.close()
  })

  test('passes over a page that the disk cannot read, and keeps its neighbours', async () => {
    const dir = folder()
    const log = await openFileLog({ dir, definitions })
    for (let i = 0; i < 300; i++) await log.append(batchOf(`b${i}`, 2))
    await log.close()
    const fs: LogFileSystem = {
      ...nodeFileSystem,
      read(path, from, length) {
        const isBad = path.endsWith('.log') && from < 12_288 && from + length > 8192
        return isBad ? Promise.reject(coded('EIO')) : nodeFileSystem.read(path, from, length)
      },
    }
    const again = await openFileLog({ dir, definitions, fs })
    expect(again.damage).toHaveLength(1)
    const ids = await readAll(again)
    expect(ids.at(-1)).toBe('b299')
    expect(ids.length).toBeGreaterThan(200)
    expect(readdirSync(join(dir, 'damaged'))).toHaveLength(1)
    await again.close()
  })
})
