import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import {
  type Damage,
  type Definitions,
  type Entry,
  type EventLog,
  LogError,
  type LoggedBatch,
} from '../event-log.ts'
import { type LogFileSystem, nodeFileSystem } from './file-system.ts'
import { encodeFrame } from './frame.ts'
import { readStretch, startAfter } from './reader.ts'
import { recover } from './recover.ts'
import { createRoomCheck, RESERVE_BYTES } from './room.ts'
import { createSegment, parsePosition, positionOf, type Segment } from './segment.ts'
import { createTail } from './tail.ts'
import { createGroupWriter, type GroupWriter } from './writer.ts'

/** How a file log is opened. */
export interface FileLogOptions {
  dir: string
  definitions: Definitions
  fs?: LogFileSystem
  /** A segment is closed once it is this long. Default 64 MiB. */
  segmentBytes?: number
  /** What the tail in memory may hold. Default 64 MiB. */
  tailBytes?: number
  /** Free bytes below which nothing is accepted. Default 256 MiB. */
  reserveBytes?: number
}

const NO_ROOM = (dir: string) => `less than the reserve is free on the disk of ${dir}; make room there`
const TRIM_READ_BYTES = 4 * 1024 * 1024

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
  const { dir, definitions, fs = nodeFileSystem, segmentBytes = 64 * 1024 * 1024 } = options
  const { segments, damage, nextOrder } = await recover(fs, dir)
  const id = await logIdentity(fs, dir)
  const hasRoom = createRoomCheck(fs, dir, options.reserveBytes ?? RESERVE_BYTES)
  const tail = createTail(segments.length === 0 ? null : '', options.tailBytes ?? 64 * 1024 * 1024)
  let order = nextOrder
  const ends = new Map<string, number>()
  let current: { segment: Segment; writer: GroupWriter } | undefined
  let opening: Promise<void> | undefined
  let closed = false

  // The old segment is drained before the new one takes anything: the order of positions is the order of the file.
  async function open(): Promise<void> {
    const retired = current
    current = undefined
    if (retired) {
      await retired.writer.close()
      ends.set(retired.segment.id, retired.writer.synced())
    }
    const { segment, file } = await createSegment(fs, dir, order++, definitions)
    segments.push(segment)
    current = { segment, writer: createGroupWriter(file, segment.firstRecord) }
  }

  async function openNext(): Promise<void> {
    const failure = current?.writer.failed()
    if (failure?.fatal) throw failure
    opening ??= open().finally(() => {
      opening = undefined
    })
    await opening.catch((cause) => {
      throw new LogError(`no new segment of the event log could be opened: ${cause.message}`, false, cause)
    })
  }

  const isFull = () =>
    !current ||
    opening !== undefined ||
    current.writer.failed() !== undefined ||
    current.writer.size() >= segmentBytes

  async function append(batch: LoggedBatch): Promise<string> {
    const record = Buffer.from(JSON.stringify(batch))
    if (!(await hasRoom())) throw new LogError(NO_ROOM(dir), false)
    while (!closed && isFull()) await openNext()
    if (closed) throw new LogError('the event log is closed', true)
    // No await from here to the writer: the segment must not be retired in between.
    const { segment, writer } = current!
    const frame = encodeFrame(record, segment.seed)
    const { start } = await writer.append(frame)
    const position = positionOf(segment, start, frame.readUInt32LE(4))
    tail.push({ position, batch, definitions, bytes: record.length })
    return position
  }

  // Never past the last sync: what a power cut can still take must not reach the tables first.
  async function durableEnd(segment: Segment): Promise<number> {
    if (segment === current?.segment) return current.writer.synced()
    return ends.get(segment.id) ?? fs.size(segment.path)
  }

  async function place(after: string | null): Promise<{ index: number; from: number } | undefined> {
    const position = after === null ? undefined : parsePosition(after)
    const index = segments.findIndex((segment) => segment.id === position?.id)
    const from = position && index >= 0 ? await startAfter(fs, segments[index]!, position) : undefined
    return from === undefined ? undefined : { index, from }
  }

  async function read(after: string | null, maxBytes: number): Promise<Entry[]> {
    const inMemory = tail.after(after, maxBytes)
    if (inMemory) return inMemory
    const found = await place(after)
    let index = found?.index ?? 0
    let from = found?.from
    const entries: Entry[] = []
    let bytes = 0
    while (index < segments.length && bytes < maxBytes) {
      const segment = segments[index]!
      const end = await durableEnd(segment)
      const stretch = await readStretch(fs, segment, from ?? segment.firstRecord, end, maxBytes - bytes)
      for (const entry of stretch.entries) bytes += entry.bytes
      entries.push(...stretch.entries)
      from = stretch.done ? undefined : stretch.next
      if (stretch.done) index++
    }
    return entries
  }

  const newestArrivals = new Map<string, number>()

  async function newestArrival(segment: Segment): Promise<number> {
    const known = newestArrivals.get(segment.id)
    if (known !== undefined) return known
    const end = await durableEnd(segment)
    let newest = 0
    for (let from = segment.firstRecord; from < end; ) {
      const { entries, next, done } = await readStretch(fs, segment, from, end, TRIM_READ_BYTES)
      for (const { batch } of entries) newest = Math.max(newest, batch.arrival)
      from = done ? end : next
    }
    newestArrivals.set(segment.id, newest)
    return newest
  }

  async function trim(through: string, arrivedBefore: number): Promise<void> {
    tail.forget(through)
    const id = parsePosition(through)?.id
    if (!segments.some((segment) => segment.id === id)) return
    // The segment of the offset stays: its last folded record is what tells a rolled-back log from this one.
    while (segments[0]!.id !== id && (await newestArrival(segments[0]!)) < arrivedBefore) {
      await fs.remove(segments.shift()!.path)
    }
  }

  await open()
  return {
    id,
    damage,
    append,
    read,
    trim,
    async refusal() {
      if (closed) return 'the event log is closed'
      const failure = current?.writer.failed()
      if (failure?.fatal) return failure.message
      return (await hasRoom()) ? undefined : NO_ROOM(dir)
    },
    async close() {
      closed = true
      await opening?.catch(() => undefined)
      await current?.writer.close()
    },
  }
}

/** The log's own id, a file beside the segments: a new folder is a new log, with an offset of its own. */
async function logIdentity(fs: LogFileSystem, dir: string): Promise<string> {
  const path = join(dir, 'id')
  if ((await fs.list(dir)).includes('id')) return (await fs.read(path, 0, 64)).toString().trim()
  const id = randomUUID()
  const file = await fs.create(`${path}.new`)
  await file.write(Buffer.from(`${id}\n`))
  await file.sync()
  await file.close()
  await fs.rename(`${path}.new`, path)
  await fs.syncDir(dir)
  return id
}
