import type { Entry, Place } from '../event-log.ts'
import type { LogFileSystem } from './file-system.ts'
import { FRAME_HEAD, type Frame, frameAt, MAX_RECORD, nextFrame } from './frame.ts'
import { type Position, parsePosition, positionOf, type Segment } from './segment.ts'

const CHUNK = 2 * 1024 * 1024
/** So many bytes from a place hold the record that starts there, if one does. */
const WINDOW = FRAME_HEAD + MAX_RECORD

/** Bytes of a segment that belong to no record: from the first, up to the last. */
export interface Range {
  from: number
  to: number
}

/** What a stretch of a segment holds, and where the next read of it starts. */
export interface Stretch {
  entries: Entry[]
  damaged: Range[]
  next: number
  /** True when nothing more follows before `end`. */
  done: boolean
}

/**
 * Reads the records of a segment from a place up to `end`, about `maxBytes` of them. Damaged bytes between records
 * are passed over and told; a file that is shorter than `end` is damaged there.
 */
export async function readStretch(
  fs: LogFileSystem,
  segment: Segment,
  from: number,
  end: number,
  maxBytes: number,
): Promise<Stretch> {
  const want = Math.min(end - from, Math.max(CHUNK, maxBytes) + WINDOW)
  const entries: Entry[] = []
  const damaged: Range[] = []
  if (want <= 0) return { entries, damaged, next: from, done: true }
  const buffer = await fs.read(segment.path, from, want)
  const whole = from + want >= end || buffer.length < want
  const upTo = whole ? end - from : buffer.length
  let at = 0
  for (let bytes = 0; bytes < maxBytes && at < upTo; ) {
    const frame = frameOrNext(buffer, at, segment.seed, whole)
    const good = frame?.start ?? (whole ? upTo : passedOver(buffer, at))
    if (good > at) damaged.push({ from: from + at, to: from + good })
    at = frame?.end ?? good
    if (!frame) break
    entries.push(entryOf(segment, frame, from))
    bytes += frame.record.length
  }
  return { entries, damaged, next: from + at, done: from + at >= end }
}

/** Where no record was found up to the end of what was read: as far as one that starts there would have been whole. */
function passedOver(buffer: Buffer, at: number): number {
  return at > 0 ? at : buffer.length - WINDOW
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

/** Where a position stands, and for a kept one where the record after it starts. */
export type Located =
  | { place: Exclude<Place, 'kept'> }
  | { place: 'kept'; segment: Segment; from: number; position: string }

/** Finds a position among the segments that are kept. */
export async function locate(
  fs: LogFileSystem,
  segments: readonly Segment[],
  after: string | null,
): Promise<Located> {
  if (after === null) return { place: 'start' }
  const position = parsePosition(after)
  if (!position) return { place: 'unknown' }
  if (position.order < (segments[0]?.order ?? 0)) return { place: 'behind' }
  const segment = segments.find(({ stem }) => stem === position.stem)
  const from = segment && (await startAfter(fs, segment, position))
  return from === undefined
    ? { place: 'unknown' }
    : { place: 'kept', segment: segment as Segment, from, position: after }
}

/** Where the record after a position starts; undefined where the position is not in the segment any more. */
async function startAfter(
  fs: LogFileSystem,
  segment: Segment,
  { start, crc }: Position,
): Promise<number | undefined> {
  if (start < segment.firstRecord || start >= segment.end) return undefined
  const head = await fs.read(segment.path, start, FRAME_HEAD)
  const length = head.length === FRAME_HEAD ? head.readUInt32LE(0) : 0
  if (length === 0 || length > MAX_RECORD) return undefined
  const frame = frameAt(await fs.read(segment.path, start, FRAME_HEAD + length), 0, segment.seed)
  const end = frame && frame !== 'torn' && frame.crc === crc ? start + frame.end : Number.POSITIVE_INFINITY
  return end <= segment.end ? end : undefined
}
