import type { Damage, Definitions, Entry, EventLog } from '../event-log.ts'
import { createAppender } from './appender.ts'
import { readAround } from './around.ts'
import { createDamageWatch, type DamageWatch } from './damage.ts'
import { isPassing } from './failure.ts'
import { type LogFileSystem, nodeFileSystem } from './file-system.ts'
import { locate, readStretch } from './reader.ts'
import { type Kept, recover } from './recover.ts'
import { createRoomCheck } from './room.ts'
import { createTail } from './tail.ts'
import { createTrim } from './trim.ts'
import { createView } from './view.ts'

const MIB = 1024 * 1024

/** How a file log is opened. */
export interface FileLogOptions {
  dir: string
  definitions: Definitions
  fs?: LogFileSystem
  /** A segment is closed once it is this long. Default 64 MiB. */
  segmentBytes?: number
  /** What the tail in memory may hold: bytes of the records, which take ten times that in memory. Default 4 MiB. */
  tailBytes?: number
  /** What may wait for the disk; past it appends are refused. Default 64 MiB. */
  queueBytes?: number
  /** Free bytes below which nothing is accepted. Default 256 MiB, or 5 % of a volume that is small. */
  reserveBytes?: number
  /** Told each damaged range once that is found later than at the start, in an older segment that is read. */
  onDamage?(damage: Damage): void
}

/** A log in segment files of a folder, with what recovery found there. */
export interface FileLog extends EventLog {
  readonly damage: readonly Damage[]
  /** Why nothing can be appended now; undefined where it can. */
  refusal(): Promise<string | undefined>
}

/**
 * Opens the log of a folder: recovers what is there, then opens a new segment, so that no position is used twice.
 * The caller holds the folder's lock.
 */
export async function openFileLog(options: FileLogOptions): Promise<FileLog> {
  const { dir, definitions } = options
  const fs = readAround(options.fs ?? nodeFileSystem)
  const { kept, damage } = await recover(fs, dir)
  const tail = createTail(kept.end, options.tailBytes ?? 4 * MIB)
  const watch = createDamageWatch(fs, kept, options.onDamage ?? (() => undefined))
  const fromFiles = createRead(fs, kept, watch)
  const read: EventLog['read'] = async (after, maxBytes) =>
    tail.after(after, maxBytes) ?? fromFiles(after, maxBytes)
  const trim = createTrim(fs, kept)
  const appender = createAppender({
    fs,
    dir,
    kept,
    tail,
    definitions,
    segmentBytes: options.segmentBytes ?? 64 * MIB,
    queueBytes: options.queueBytes ?? 64 * MIB,
    hasRoom: createRoomCheck(fs, dir, options.reserveBytes),
  })
  // On a full disk the log starts all the same: it is read, and takes appends when there is room.
  await appender.openNext().catch((error) => {
    if (!isPassing(error.cause)) throw error
  })
  return {
    id: kept.id,
    damage,
    append: appender.append,
    read,
    view: createView(fs, kept, read),
    async trim(through, arrivedBefore) {
      tail.forget(through)
      await trim(through, arrivedBefore)
    },
    refusal: appender.refusal,
    close: appender.close,
  }
}

function createRead(fs: LogFileSystem, kept: Kept, watch: DamageWatch): EventLog['read'] {
  return async function read(after, maxBytes) {
    const { segments } = kept
    const located = await locate(fs, segments, after)
    let index = located.place === 'kept' ? segments.indexOf(located.segment) : 0
    let from = located.place === 'kept' ? located.from : undefined
    const entries: Entry[] = []
    let bytes = 0
    while (index < segments.length && bytes < maxBytes) {
      const segment = segments[index]!
      try {
        // Never past the durable end: what a power cut can still take must not reach the tables first.
        const start = from ?? segment.firstRecord
        const stretch = await readStretch(fs, segment, start, segment.end, maxBytes - bytes)
        if (stretch.damaged.length > 0) await watch.met(segment, stretch.damaged)
        for (const entry of stretch.entries) bytes += entry.bytes
        entries.push(...stretch.entries)
        from = stretch.done ? undefined : stretch.next
        if (stretch.done) index++
      } catch (error) {
        // Trimmed while it was read: from the oldest that is there now.
        if (kept.segments.includes(segment)) throw error
        return read(after, maxBytes)
      }
    }
    return entries
  }
}
