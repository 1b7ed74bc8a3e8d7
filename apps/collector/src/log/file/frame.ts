import { crc32c } from '@node-rs/crc32'

/** Bytes before a record: its length and its CRC32C, both little-endian. */
export const FRAME_HEAD = 8
/** The longest record: a body of 1 MiB grows by the names it does not spell out, never past this. */
export const MAX_RECORD = 4 * 1024 * 1024

/** What every record begins with: each is a JSON object. */
const OBJECT = '{'.charCodeAt(0)

/** The CRC's start for a segment, so that a record of another segment is never taken for one of this. */
export function seedOf(segmentId: string): number {
  return crc32c(Buffer.from(segmentId, 'hex'))
}

/** A record as it stands in the file. The CRC covers length and content. @throws RangeError past `MAX_RECORD` */
export function encodeFrame(record: Buffer, seed: number): Buffer {
  if (record.length > MAX_RECORD) {
    throw new RangeError(`a record of ${record.length} bytes; at most ${MAX_RECORD} can be read back`)
  }
  const frame = Buffer.allocUnsafe(FRAME_HEAD + record.length)
  frame.writeUInt32LE(record.length, 0)
  record.copy(frame, FRAME_HEAD)
  frame.writeUInt32LE(checksum(frame.subarray(0, 4), record, seed), 4)
  return frame
}

function checksum(length: Buffer, record: Buffer, seed: number): number {
  return crc32c(record, crc32c(length, seed))
}

/** A whole record found in a buffer: where it starts there, where it ends, and its CRC. */
export interface Frame {
  start: number
  end: number
  crc: number
  record: Buffer
}

/** The record at that place, `torn` where the buffer ends inside what may be one, or undefined where none is. */
export function frameAt(buffer: Buffer, start: number, seed: number): Frame | 'torn' | undefined {
  if (start + FRAME_HEAD > buffer.length) return 'torn'
  const length = buffer.readUInt32LE(start)
  if (length === 0 || length > MAX_RECORD) return undefined
  const end = start + FRAME_HEAD + length
  if (end > buffer.length) return 'torn'
  const crc = buffer.readUInt32LE(start + 4)
  const record = buffer.subarray(start + FRAME_HEAD, end)
  return checksum(buffer.subarray(start, start + 4), record, seed) === crc
    ? { start, end, crc, record }
    : undefined
}

/**
 * The next whole record at or after that place, past whatever is damaged in between (a run of zeros too): a torn
 * write in the middle must not hide the acknowledged records behind it.
 */
export function nextFrame(buffer: Buffer, from: number, seed: number): Frame | undefined {
  for (let start = from; start + FRAME_HEAD < buffer.length; start++) {
    // Without this, random bytes would ask for a checksum of megabytes every thousand bytes.
    if (buffer[start + FRAME_HEAD] !== OBJECT) continue
    const frame = frameAt(buffer, start, seed)
    if (frame && frame !== 'torn') return frame
  }
  return undefined
}
