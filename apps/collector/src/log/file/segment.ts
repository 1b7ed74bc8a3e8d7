import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Definitions } from '../event-log.ts'
import type { LogFileSystem, WritableLogFile } from './file-system.ts'
import { encodeFrame, frameAt, seedOf } from './frame.ts'

const NAME = /^(\d{12})-([0-9a-f]{16})\.log$/
const MAX_HEADER = 8 * 1024 * 1024

/** A segment file: its order among the others, its random identity, and what its indexes mean. */
export interface Segment {
  order: number
  id: string
  seed: number
  path: string
  definitions: Definitions
  /** Where the records begin: after the header, which is framed like a record. */
  firstRecord: number
}

/** A position as text: segment, where the record starts, and its CRC, so that a rolled-back file is noticed. */
export function positionOf(segment: Segment, start: number, crc: number): string {
  return `${segment.id}:${start}:${crc.toString(16)}`
}

/** The parts of a position; undefined where it is none of a file log. */
export function parsePosition(position: string): { id: string; start: number; crc: number } | undefined {
  const match = /^([0-9a-f]{16}):(\d+):([0-9a-f]{1,8})$/.exec(position)
  if (!match) return undefined
  return { id: match[1] as string, start: Number(match[2]), crc: Number.parseInt(match[3] as string, 16) }
}

/** The segments of a folder, oldest first, and the names of files that are named like one but hold none. */
export async function listSegments(
  fs: LogFileSystem,
  dir: string,
): Promise<{ segments: Segment[]; unreadable: string[] }> {
  const segments: Segment[] = []
  const unreadable: string[] = []
  for (const name of (await fs.list(dir)).sort()) {
    const match = NAME.exec(name)
    if (!match) continue
    const segment = await readHeader(fs, join(dir, name), Number(match[1]), match[2] as string)
    if (segment) segments.push(segment)
    else unreadable.push(name)
  }
  return { segments, unreadable }
}

async function readHeader(
  fs: LogFileSystem,
  path: string,
  order: number,
  id: string,
): Promise<Segment | undefined> {
  const seed = seedOf(id)
  const frame = frameAt(await fs.read(path, 0, Math.min(MAX_HEADER, await fs.size(path))), 0, seed)
  if (!frame || frame === 'torn') return undefined
  const header = JSON.parse(frame.record.toString())
  return { order, id, seed, path, definitions: header.definitions, firstRecord: frame.end }
}

/**
 * Opens a new segment. The header is written, synced, renamed into place and the folder synced before the first
 * record, so that a segment that has a record always has its header after a power cut.
 */
export async function createSegment(
  fs: LogFileSystem,
  dir: string,
  order: number,
  definitions: Definitions,
): Promise<{ segment: Segment; file: WritableLogFile }> {
  const id = randomBytes(8).toString('hex')
  const name = `${String(order).padStart(12, '0')}-${id}.log`
  const path = join(dir, name)
  const seed = seedOf(id)
  const header = encodeFrame(Buffer.from(JSON.stringify({ format: 1, definitions })), seed)
  const file = await fs.create(`${path}.new`)
  await file.write(header)
  await file.sync()
  await fs.rename(`${path}.new`, path)
  await fs.syncDir(dir)
  return { segment: { order, id, seed, path, definitions, firstRecord: header.length }, file }
}
