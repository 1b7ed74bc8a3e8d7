import { LogError, type LoggedBatch } from '../event-log.ts'
import { plus, totalsOf } from '../totals.ts'
import { encodeFrame } from './frame.ts'
import { positionOf, type Segment } from './segment.ts'
import type { Tail } from './tail.ts'
import { createWritten, type WrittenOptions } from './written.ts'

/** What the appending side of a log needs. */
export interface AppenderOptions extends WrittenOptions {
  tail: Tail
  queueBytes: number
  hasRoom(): Promise<boolean>
}

/** The appending side of a log. */
export interface Appender {
  append(batch: LoggedBatch): Promise<string>
  /** Opens the next segment. @throws LogError */
  openNext(): Promise<void>
  /** Why nothing can be appended now. */
  refusal(): Promise<string | undefined>
  close(): Promise<void>
}

/** A write for which there was no room is told for so long, whatever the system says is free. */
const FULL_MS = 1000

/** Creates it; the first append opens a segment, unless `openNext` was called before. */
export function createAppender(options: AppenderOptions): Appender {
  const { dir, queueBytes, hasRoom } = options
  const noRoom = `less than the reserve is free on the disk of ${dir}; make room there`
  const written = createWritten(options)
  let closed = false
  let waitingBytes = 0
  let fullAt = 0
  const wasFull = () => Date.now() - fullAt < FULL_MS

  async function place(batch: LoggedBatch, record: Buffer): Promise<string> {
    if (!(await hasRoom())) throw new LogError(noRoom, false)
    while (!closed && !written.current()) await written.openNext()
    if (closed) throw new LogError('the event log is closed', true)
    // No await from here to the writer: the segment must not be retired in between.
    const { segment, writer } = written.current()!
    const frame = encodeFrame(record, segment.seed)
    return writer.append(frame, (start) => {
      const position = positionOf(segment, start, frame.readUInt32LE(4))
      keep(options, segment, start + frame.length, position, batch, record.length)
      return position
    })
  }

  return {
    openNext: written.openNext,
    async append(batch) {
      const record = Buffer.from(JSON.stringify(batch))
      // Guarantee: a slow disk does not grow memory (proven by `failing-disk.test.ts`, "refuses what would wait past
      // its limit").
      if (waitingBytes > 0 && waitingBytes + record.length > queueBytes) {
        throw new LogError(`more than ${queueBytes} bytes wait for the disk; send again`, false)
      }
      waitingBytes += record.length
      try {
        return await place(batch, record)
      } catch (error) {
        if (isFull(error)) fullAt = Date.now()
        throw error
      } finally {
        waitingBytes -= record.length
      }
    },
    async refusal() {
      if (closed) return 'the event log is closed'
      return written.broken()?.message ?? (!wasFull() && (await hasRoom()) ? undefined : noRoom)
    },
    async close() {
      closed = true
      await written.close()
    },
  }
}

function isFull(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: string } }
  return cause?.code === 'ENOSPC' || cause?.code === 'EDQUOT'
}

/** A record became durable: from now on it is read. */
function keep(
  { kept, tail, definitions }: AppenderOptions,
  segment: Segment,
  end: number,
  position: string,
  batch: LoggedBatch,
  bytes: number,
): void {
  segment.end = end
  segment.youngest = Math.max(segment.youngest ?? 0, batch.arrival)
  kept.totals = plus(kept.totals, totalsOf(batch))
  kept.end = position
  tail.push({ position, batch, definitions, bytes })
}
