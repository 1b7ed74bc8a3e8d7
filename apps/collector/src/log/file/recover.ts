import { basename, dirname, join } from 'node:path'
import { die, failpoint } from '../../failpoint.ts'
import type { Damage, Totals } from '../event-log.ts'
import { NO_TOTALS, plus } from '../totals.ts'
import { type Chain, copyBytes, namesAside, saveBytes, setAside } from './damage.ts'
import { isPassing, syncFailure } from './failure.ts'
import type { LogFileSystem } from './file-system.ts'
import { findGaps, type Stranger } from './gaps.ts'
import { logIdentity } from './identity.ts'
import { type Inspection, inspect } from './inspect.ts'
import { listSegments, type Segment } from './segment.ts'

/** What a log keeps, as it is now: everything in it is durable. */
export interface Kept extends Chain {
  readonly id: string
  segments: readonly Segment[]
  /** Everything that was in the log over its whole life. */
  totals: Totals
  /** Position of the newest record. */
  end: string | null
}

/**
 * Makes a folder that a dead process left ready again. It never refuses: what is damaged is set aside or passed
 * over, and reported (proven by `damaged-images.test.ts`). The newest segment is copied into a new, synced file,
 * because after a failed sync the page cache may show records that the disk does not hold ("Can Applications Recover
 * from fsync Failures?", ATC'20). A power cut at any step leaves what the next start needs (`power-loss.test.ts`).
 */
export async function recover(
  fs: LogFileSystem,
  dir: string,
): Promise<{ kept: Kept; damage: readonly Damage[] }> {
  await fs.makeDir(dir)
  const names = await fs.list(dir)
  for (const name of names.filter((name) => name.endsWith('.new'))) await fs.remove(join(dir, name))
  const { segments: readable, unreadable } = await listSegments(fs, dir, names)
  const { id, damage } = await logIdentity(fs, dir, names, readable)
  const segments = readable.filter(({ log }) => log === id)
  setEnds(segments)
  const strangers = await strangersOf(fs, dir, unreadable, readable, id)
  damage.push(...(await findGaps(fs, segments, strangers, await namesAside(fs, dir))))
  for (const { name } of strangers) await setAside(fs, join(dir, name))
  const newest = segments.at(-1)
  const found = newest && (await settleNewest(fs, newest, damage))
  const kept: Kept = {
    id,
    segments,
    totals: newest && found ? plus(newest.before, found.totals) : NO_TOTALS,
    end: found?.last ?? (await lastRecord(fs, segments.slice(0, -1))) ?? null,
  }
  return { kept, damage }
}

function setEnds(segments: readonly Segment[]): void {
  segments.forEach((segment, i) => {
    const previous = segments[i + 1]?.previous
    if (previous?.stem === segment.stem) segment.end = previous.end
  })
}

async function strangersOf(
  fs: LogFileSystem,
  dir: string,
  unreadable: readonly string[],
  readable: readonly Segment[],
  id: string,
): Promise<Stranger[]> {
  const foreign = readable.filter(({ log }) => log !== id).map(({ path }) => basename(path))
  const stranger = async (name: string, reason: string) => ({
    name,
    order: Number.parseInt(name, 10),
    bytes: await fs.size(join(dir, name)),
    reason,
  })
  return Promise.all([
    ...unreadable.map((name) => stranger(name, 'no readable header')),
    ...foreign.map((name) => stranger(name, 'a segment of another log')),
  ])
}

/** Only the newest can be torn: each one before it was synced to its end before the next was opened. */
async function settleNewest(fs: LogFileSystem, segment: Segment, damage: Damage[]): Promise<Inspection> {
  const length = segment.end
  const found = await inspect(fs, segment)
  for (const range of found.damaged) {
    const atEnd = range.to === length
    if (atEnd) segment.end = range.from
    damage.push({
      segment: basename(segment.path),
      bytes: range.to - range.from,
      reason: atEnd ? 'its end is no record, such as a write that was cut off' : 'bytes that are no record',
    })
    await saveBytes(fs, segment, range)
  }
  await copySynced(fs, segment)
  return found
}

/** The old file stays until the whole copy, synced, takes its name: at every step one of the two is complete. */
async function copySynced(fs: LogFileSystem, segment: Segment): Promise<void> {
  const copy = `${segment.path}.new`
  try {
    const file = await fs.create(copy)
    try {
      const middle = Math.ceil(segment.end / 2)
      await copyBytes(fs, segment.path, file, { from: 0, to: middle })
      if (__FAILPOINTS__ && (await failpoint('recover-half')) === 'half') die()
      await copyBytes(fs, segment.path, file, { from: middle, to: segment.end })
      await file.sync().catch((cause) => {
        throw syncFailure(cause)
      })
    } finally {
      await file.close()
    }
  } catch (error) {
    if (!isPassing(error)) throw error
    // A full disk must not stop the start, and what is there was read from the disk if the machine was off.
    await fs.remove(copy).catch(() => undefined)
    return
  }
  await fs.rename(copy, segment.path)
  await fs.syncDir(dirname(segment.path))
}

async function lastRecord(fs: LogFileSystem, segments: readonly Segment[]): Promise<string | undefined> {
  for (const segment of [...segments].reverse()) {
    const { last } = await inspect(fs, segment)
    if (last) return last
  }
  return undefined
}
