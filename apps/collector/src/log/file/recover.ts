import { basename, dirname, join } from 'node:path'
import type { Damage } from '../event-log.ts'
import type { LogFileSystem } from './file-system.ts'
import { nextFrame } from './frame.ts'
import { listSegments, type Segment } from './segment.ts'

/** What a folder holds after recovery. */
export interface Recovered {
  segments: Segment[]
  damage: Damage[]
  nextOrder: number
}

/**
 * Makes a folder that a dead process left ready again. It never refuses: what is damaged is set aside or passed
 * over, and reported. The newest segment is copied into a new, synced file, because after a failed sync the page
 * cache may show records that the disk does not hold ("Can Applications Recover from fsync Failures?", ATC'20).
 */
export async function recover(fs: LogFileSystem, dir: string): Promise<Recovered> {
  await fs.makeDir(dir)
  const names = await fs.list(dir)
  for (const name of names.filter((name) => name.endsWith('.new'))) await fs.remove(join(dir, name))
  const { segments, unreadable } = await listSegments(fs, dir)
  const damage: Damage[] = []
  for (const name of unreadable) {
    damage.push({ segment: name, bytes: await fs.size(join(dir, name)), reason: 'no readable header' })
    await setAside(fs, join(dir, name))
  }
  const last = segments.at(-1)
  // Only the newest can be torn: each one before it was synced to its end before the next was opened.
  if (last) {
    const found = await inspect(fs, last)
    if (found.damaged > 0) {
      damage.push({ segment: basename(last.path), bytes: found.damaged, reason: 'bytes that are no record' })
    }
    await copySynced(fs, last, found.end)
  }
  const orders = names.map((name) => Number.parseInt(name, 10)).filter(Number.isFinite)
  return { segments, damage, nextOrder: Math.max(0, ...orders) + 1 }
}

/** The end of the last whole record, and how many bytes belong to none. */
async function inspect(fs: LogFileSystem, segment: Segment): Promise<{ end: number; damaged: number }> {
  const bytes = await fs.read(segment.path, 0, await fs.size(segment.path))
  let end = segment.firstRecord
  let damaged = 0
  for (;;) {
    const frame = nextFrame(bytes, end, segment.seed)
    damaged += (frame ? frame.start : bytes.length) - end
    if (!frame) return { end, damaged }
    end = frame.end
  }
}

async function copySynced(fs: LogFileSystem, segment: Segment, end: number): Promise<void> {
  const file = await fs.create(`${segment.path}.new`)
  await file.write(await fs.read(segment.path, 0, end))
  await file.sync()
  await file.close()
  const torn = (await fs.size(segment.path)) > end
  if (torn) await setAside(fs, segment.path)
  await fs.rename(`${segment.path}.new`, segment.path)
  await fs.syncDir(dirname(segment.path))
}

async function setAside(fs: LogFileSystem, path: string): Promise<void> {
  const aside = join(dirname(path), 'damaged')
  await fs.makeDir(aside)
  await fs.rename(path, join(aside, basename(path)))
}
