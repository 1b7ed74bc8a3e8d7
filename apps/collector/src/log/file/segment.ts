import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Definitions, Totals } from '../event-log.ts'
import { createWhole } from './create-whole.ts'
import { syncFailure } from './failure.ts'
import type { LogFileSystem, WritableLogFile } from './file-system.ts'
import { encodeFrame, FRAME_HEAD, frameAt, MAX_RECORD, seedOf } from './frame.ts'

const NAME = /^((\d{12})-([0-9a-f]{16}))\.log$/
const POSITION = /^((\d{12})-[0-9a-f]{16}):(\d{1,15}):([0-9a-f]{1,8})$/
const FORMAT = 2
const USUAL_HEADER = 64 * 1024

/** What the first frame of a segment says about it. */
export interface Header {
  order: number
  /** The log's id: a segment of another log is never read as one of this. */
  log: string
  /** What was in the log before this segment's first record. */
  before: Totals
  /**
   * The segment before this one, and where its acknowledged records ended: bytes past it are of a write that failed,
   * and a file that ends before it was cut off.
   */
  previous: { stem: string; end: number } | null
  /** What the indexes in the records mean. */
  definitions: Definitions
}

/** A segment file. */
export interface Segment extends Header {
  /** The file's name without its ending: order and random id. */
  stem: string
  seed: number
  path: string
  /** Where the records begin: after the header, which is framed like a record. */
  firstRecord: number
  /** Where the durable records end. Nothing past it may be read. */
  end: number
  /** Arrival of its youngest record, where it is known. */
  youngest?: number
}

/** A position as text: segment, where the record starts, and its CRC, so that a rolled-back file is noticed. */
export function positionOf({ stem }: Segment, start: number, crc: number): string {
  return `${stem}:${start}:${crc.toString(16)}`
}

/** The parts of a position. */
export interface Position {
  stem: string
  order: number
  start: number
  crc: number
}

/** The parts of a position; undefined where it is none of a file log. */
export function parsePosition(position: string): Position | undefined {
  const [, stem, order, start, crc] = POSITION.exec(position) ?? []
  if (!stem || !crc) return undefined
  return { stem, order: Number(order), start: Number(start), crc: Number.parseInt(crc, 16) }
}

/** The segments of a folder, oldest first, and the names of files that are named like one but hold none. */
export async function listSegments(
  fs: LogFileSystem,
  dir: string,
  names: readonly string[],
): Promise<{ segments: Segment[]; unreadable: string[] }> {
  const segments: Segment[] = []
  const unreadable: string[] = []
  for (const name of [...names].sort()) {
    const [, stem, order, id] = NAME.exec(name) ?? []
    if (!stem || !id) continue
    const segment = await readHeader(fs, join(dir, name), stem, seedOf(id))
    if (segment?.order === Number(order)) segments.push(segment)
    else unreadable.push(name)
  }
  return { segments, unreadable }
}

async function readHeader(
  fs: LogFileSystem,
  path: string,
  stem: string,
  seed: number,
): Promise<Segment | undefined> {
  const end = await fs.size(path)
  let frame = frameAt(await fs.read(path, 0, USUAL_HEADER), 0, seed)
  if (frame === 'torn') frame = frameAt(await fs.read(path, 0, FRAME_HEAD + MAX_RECORD), 0, seed)
  if (!frame || frame === 'torn') return undefined
  const { format, ...header } = JSON.parse(frame.record.toString()) as Header & { format: number }
  return format === FORMAT ? { ...header, stem, seed, path, firstRecord: frame.end, end } : undefined
}

/**
 * Opens a new segment. The header is written, synced, renamed into place and the folder synced before the first
 * record, so that a segment that has a record always has its header after a power cut (proven by
 * `power-loss.test.ts`). Where that fails before the rename, nothing is left behind.
 * @throws LogError, fatal, where a sync failed; what the file system says otherwise
 */
export async function createSegment(
  fs: LogFileSystem,
  dir: string,
  header: Header,
): Promise<{ segment: Segment; file: WritableLogFile }> {
  const id = randomBytes(8).toString('hex')
  const stem = `${String(header.order).padStart(12, '0')}-${id}`
  const path = join(dir, `${stem}.log`)
  const seed = seedOf(id)
  const frame = encodeFrame(Buffer.from(JSON.stringify({ format: FORMAT, ...header })), seed)
  const file = await createWhole(fs, path, frame)
  await fs.syncDir(dir).catch((cause) => {
    throw syncFailure(cause)
  })
  const segment = { ...header, stem, seed, path, firstRecord: frame.length, end: frame.length, youngest: 0 }
  return { segment, file }
}
