import { describe, expect, test } from 'vitest'
import { createPowerLossDisk, type PowerLossDisk } from '../../../../../test/support/power-loss.ts'
import { seededRandom } from '../../../../../test/support/random.ts'
import { batchOf, readAll } from '../event-log.contract.ts'
import type { Damage } from '../event-log.ts'
import { type FileLog, openFileLog } from './file-log.ts'
import type { LogFileSystem } from './file-system.ts'

// Each of these was broken on purpose, alone, and a test here failed:
// - the sync of `writeGroup` (writer.ts) tried again: batches were acknowledged after a failed sync;
// - the failure of a segment that drains passed over (written.ts): the same, from the tenth sync on;
// - the end of a segment taken from its file and not from the next header (recover.ts): after a full disk a refused
//   batch came back, and the view did not count it;
// - the order advanced with a segment that was not created (written.ts): orders had a gap.

const definitions = [{ name: 'article' }]
const coded = (code: string) => Object.assign(new Error(`${code}: injected`), { code })

/** A disk whose nth sync, or nth write, fails; a write that fails has written half. The calls after it succeed. */
function faulty(disk: LogFileSystem, { sync = 0, write = 0 }): LogFileSystem {
  let [syncs, writes] = [0, 0]
  const syncing = async (call: () => Promise<void>) => {
    if (++syncs === sync) throw coded('EIO')
    await call()
  }
  return {
    ...disk,
    async create(path) {
      const file = await disk.create(path)
      return {
        ...file,
        sync: () => syncing(file.sync),
        async write(bytes) {
          if (++writes !== write) return file.write(bytes)
          await file.write(bytes.subarray(0, bytes.length / 2))
          throw coded('ENOSPC')
        },
      }
    },
    syncDir: (path) => syncing(() => disk.syncDir(path)),
  }
}

const open = (fs: LogFileSystem, found: Damage[] = []) =>
  openFileLog({ dir: '/log', definitions, fs, segmentBytes: 700, onDamage: (damage) => found.push(damage) })

/** Appends in groups of three; what was acknowledged goes to `acked`. */
async function appendGroups(log: FileLog, run: string, groups: number, acked: string[]): Promise<unknown[]> {
  const failures: unknown[] = []
  for (let group = 0; group < groups; group++) {
    const appending = [0, 1, 2].map(async (i) => {
      const id = `${run}.${group}.${i}`
      await log.append(batchOf(id, 2))
      acked.push(id)
    })
    for (const answer of await Promise.allSettled(appending)) {
      if (answer.status === 'rejected') failures.push(answer.reason)
    }
  }
  return failures
}

/** The same after the process died, or after the power went. */
const after = (disk: PowerLossDisk, n: number) => (n % 2 === 0 ? disk.crash() : disk.kill())

async function expectAll(disk: PowerLossDisk, acked: string[], context: string): Promise<void> {
  const found: Damage[] = []
  const log = await open(disk, found)
  const ids = await readAll(log)
  expect(new Set(ids).size, context).toBe(ids.length)
  expect(
    ids.filter((id) => acked.includes(id)),
    context,
  ).toEqual(acked)
  expect((await log.view(null)).waiting.batches, context).toBe(ids.length)
  expect(found, context).toEqual([])
  expect(await log.append(batchOf('new')), context).toBeTruthy()
  await log.close()
}

describe('a file log whose nth call to the disk fails', () => {
  test('acknowledges nothing after a failed sync, says so, and keeps what it acknowledged before', async () => {
    for (let n = 1; n <= 40; n++) {
      const disk = createPowerLossDisk(seededRandom(n))
      const acked: string[] = []
      const fs = faulty(disk, { sync: n })
      const log = await open(fs).catch((error) => {
        expect(error, `sync ${n}`).toBeTruthy()
        return undefined
      })
      if (log) {
        const failures = await appendGroups(log, 'a', 30, acked)
        const before = acked.length
        // Nothing of a later group than the one that failed.
        const groups = acked.map((id) => Number(id.split('.')[1]))
        expect(groups, `sync ${n}`).toEqual(acked.map((_, i) => Math.floor(i / 3)))
        expect(failures.length, `sync ${n}`).toBe(90 - before)
        expect(before, `sync ${n}`).toBeLessThan(90)
        for (const failure of failures) expect(failure, `sync ${n}`).toMatchObject({ fatal: true })
        expect(await log.refusal(), `sync ${n}`).toMatch(/could not be synced/)
      }
      await expectAll(after(disk, n), acked, `sync ${n}`)
    }
  })

  test('goes on after a write for which there was no room, and loses nothing that it acknowledged', async () => {
    for (let n = 1; n <= 40; n++) {
      const disk = createPowerLossDisk(seededRandom(n))
      const acked: string[] = []
      const found: Damage[] = []
      const fs = faulty(disk, { write: n })
      // The id of a new log cannot be written, and there is nothing to read: this start fails, the next one does not.
      const log = await open(fs, found).catch(() => open(fs, found))
      const failures = await appendGroups(log, 'a', 30, acked)
      expect(acked.length + failures.length).toBe(90)
      for (const failure of failures) expect(failure, `write ${n}`).toMatchObject({ fatal: false })
      expect(acked.at(-1), `write ${n}`).toBe('a.29.2')
      expect(await readAll(log), `write ${n}`).toEqual(acked)
      expect((await log.view(null)).waiting.batches, `write ${n}`).toBe(acked.length)
      expect(found, `write ${n}`).toEqual([])
      const orders = (await disk.list('/log'))
        .filter((name) => name.endsWith('.log'))
        .map((name) => Number.parseInt(name, 10))
      expect(
        orders.sort((a, b) => a - b),
        `write ${n}`,
      ).toEqual(orders.map((_, i) => i + 1))
      await expectAll(after(disk, n), acked, `write ${n}`)
    }
  })

  test('starts on a disk that is full, reads what is there, and appends when there is room', async () => {
    const disk = createPowerLossDisk(seededRandom(1))
    const acked: string[] = []
    const first = await open(disk)
    await appendGroups(first, 'a', 10, acked)
    await first.close()
    let full = true
    const fs: LogFileSystem = {
      ...disk,
      async create(path) {
        const file = await disk.create(path)
        return { ...file, write: (bytes) => (full ? Promise.reject(coded('ENOSPC')) : file.write(bytes)) }
      },
    }
    const log = await open(fs)
    expect(await readAll(log)).toEqual(acked)
    await expect(log.append(batchOf('b'))).rejects.toMatchObject({ fatal: false })
    expect((await disk.list('/log')).filter((name) => name.endsWith('.new'))).toEqual([])
    full = false
    await log.append(batchOf('c'))
    acked.push('c')
    expect(await readAll(log)).toEqual(acked)
    await log.close()
    await expectAll(disk.crash(), acked, 'full at the start')
  })
})
