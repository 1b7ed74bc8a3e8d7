import { basename, dirname, join } from 'node:path'
import type { Damage, Totals } from '../event-log.ts'
import { minus } from '../totals.ts'
import type { LogFileSystem, WritableLogFile } from './file-system.ts'
import { inspect } from './inspect.ts'
import type { Range } from './reader.ts'
import type { Segment } from './segment.ts'

const COPY_BYTES = 4 * 1024 * 1024

/** The folder of what was set aside. */
export function asideOf(dir: string): string {
  return join(dir, 'damaged')
}

/** The segments of a log that are kept, oldest first. */
export interface Chain {
  readonly segments: readonly Segment[]
}

/** Watches for damage in what is read: inspects the segment that has it, and tells each range once. */
export interface DamageWatch {
  met(segment: Segment, ranges: readonly Range[]): Promise<void>
}

/** A watch that remembers over restarts what was told: the copies in `damaged/` are its memory. */
export function createDamageWatch(
  fs: LogFileSystem,
  chain: Chain,
  onDamage: (damage: Damage) => void,
): DamageWatch {
  const told = new Map<string, Range[]>()
  let telling: Promise<unknown> = Promise.resolve()

  async function tell(segment: Segment): Promise<void> {
    const found = await inspect(fs, segment)
    told.set(segment.stem, found.damaged)
    const next = chain.segments[chain.segments.indexOf(segment) + 1]
    const lost = next?.previous?.stem === segment.stem ? lostBetween(segment, next, found.totals) : undefined
    const saved = await namesAside(fs, dirname(segment.path))
    for (const range of found.damaged) {
      if (saved.includes(nameOf(segment, range))) continue
      onDamage({
        segment: basename(segment.path),
        bytes: range.to - range.from,
        reason: withLoss('bytes that are no record', lost),
      })
      await saveBytes(fs, segment, range)
    }
  }

  return {
    // One after the other: two reads that meet the same damage tell it once.
    met(segment, ranges) {
      const isTold = ({ from, to }: Range) =>
        told.get(segment.stem)?.some((range) => range.from <= from && to <= range.to)
      const met = telling.then(() => (ranges.every(isTold) ? undefined : tell(segment)))
      telling = met.catch(() => undefined)
      return met
    },
  }
}

/** What the headers say was between the starts of two segments, less what was found there. */
export function lostBetween(segment: Segment, next: Segment, found: Totals): Totals {
  return minus(minus(next.before, segment.before), found)
}

/** A reason that also says how much is lost, where that is known. */
export function withLoss(reason: string, lost: Totals | undefined): string {
  if (!lost) return reason
  if (lost.batches <= 0) return `${reason}; no batch is lost`
  return `${reason}; ${lost.batches} batches, ${lost.accepted} events are lost`
}

/** The names in the folder of what was set aside. */
export async function namesAside(fs: LogFileSystem, dir: string): Promise<string[]> {
  return (await fs.list(dir)).includes('damaged') ? fs.list(asideOf(dir)) : []
}

function nameOf({ stem }: Segment, { from }: Range): string {
  return `${stem}-${from}.bytes`
}

/** Keeps a copy of damaged bytes. It is evidence, not data: where the disk has no room for it, it is left out. */
export async function saveBytes(fs: LogFileSystem, segment: Segment, range: Range): Promise<void> {
  const aside = asideOf(dirname(segment.path))
  const path = join(aside, nameOf(segment, range))
  try {
    await fs.makeDir(aside)
    // A copy that is there already may be half of one.
    if ((await fs.list(aside)).includes(nameOf(segment, range))) await fs.remove(path)
    const file = await fs.create(path)
    try {
      await copyBytes(fs, segment.path, file, range)
      await file.sync()
    } finally {
      await file.close()
    }
    await fs.syncDir(aside)
  } catch {
    return
  }
}

/** Moves a file that is none of the log's to where it is kept for people; where that fails it stays, unused. */
export async function setAside(fs: LogFileSystem, path: string): Promise<void> {
  const aside = asideOf(dirname(path))
  try {
    await fs.makeDir(aside)
    await fs.rename(path, join(aside, basename(path)))
    await fs.syncDir(aside)
    await fs.syncDir(dirname(path))
  } catch {
    return
  }
}

/** Copies a range of a file to the end of another. */
export async function copyBytes(
  fs: LogFileSystem,
  path: string,
  file: WritableLogFile,
  { from, to }: Range,
): Promise<void> {
  for (let at = from; at < to; ) {
    const bytes = await fs.read(path, at, Math.min(COPY_BYTES, to - at))
    if (bytes.length === 0) return
    await file.write(bytes)
    at += bytes.length
  }
}
