import type { Entry } from '../event-log.ts'
import type { LogFileSystem } from './file-system.ts'
import { FRAME_HEAD, type Frame, frameAt, MAX_RECORD, nextFrame } from './frame.ts'
import { positionOf, type Segment } from './segment.ts'

const CHUNK = 2 * 1024 * 1024

/** What a stretch of a segment holds, and where the next read of it starts. */
export interface Stretch {
  entries: Entry[]
  next: number
  /** True when nothing more follows before `end`. */
  done: boolean
}

/**
 * Reads the records of a segment from a place up to `end` (the last sync, or the file's length), about
 * `maxBytes` of them. Damaged bytes between records are passed over: recovery has counted and reported them.
 */
export async function readStretch(
  fs: LogFileSystem,
  segment: Segment,
  from: number,
  end: number,
  maxBytes: number,
): Promise<Stretch> {
  const want = Math.min(end - from, Math.max(CHUNK, maxBytes) + MAX_RECORD)
  if (want <= 0) return { entries: [], next: from, done: true }
  const buffer = await fs.read(segment.path, from, want)
  const whole = from + buffer.length >= end
  const entries: Entry[] = []
  let at = 0
  let bytes = 0
  while (bytes < maxBytes) {
    const frame = frameOrNext(buffer, at, segment.seed, whole)
    if (!frame) return { entries, next: whole ? end : from + at, done: whole }
    entries.push(entryOf(segment, frame, from))
    bytes += frame.record.length
    at = frame.end
  }
  return { entries, next: from + at, done: from + at >= end }
}

function frameOrNext(buffer: Buffer, at: number, seed: number, whole: boolean): Frame | undefined {
  const frame = frameAt(buffer, at, seed)
  if (frame && frame !== 'torn') return frame
  // Torn by the end of what was read, not of the file: the rest of the record comes with the next stretch.
  if (frame === 'torn' && !whole && at > 0) return undefined
  return nextFrame(buffer, at + 1, seed)
}

function entryOf(segment: Segment, frame: Frame, from: number): Entry {
  return {
    position: positionOf(segment, from + frame.start, frame.crc),
    batch: decodeBatch(frame.record),
    definitions: segment.definitions,
    bytes: frame.record.length,
  }
}

/** A record's content as a batch. Its CRC held, so this is what was written. */
function decodeBatch(record: Buffer): Entry['batch'] {
  return JSON.parse(record.toString())
}

/** Where the record after a position starts; undefined where the position is not in the segment any more. */
export async function startAfter(
  fs: LogFileSystem,
  segment: Segment,
  position: { start: number; crc: number },
): Promise<number | undefined> {
  const head = await fs.read(segment.path, position.start, FRAME_HEAD)
  const length = head.length === FRAME_HEAD ? head.readUInt32LE(0) : 0
  if (length === 0 || length > MAX_RECORD) return undefined
  const frame = frameAt(await fs.read(segment.path, position.start, FRAME_HEAD + length), 0, segment.seed)
  return frame && frame !== 'torn' && frame.crc === position.crc ? position.start + frame.end : undefined
}
