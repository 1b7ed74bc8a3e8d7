import { type Definitions, LogError } from '../event-log.ts'
import type { LogFileSystem } from './file-system.ts'
import type { Kept } from './recover.ts'
import { createSegment, type Segment } from './segment.ts'
import { createGroupWriter, type GroupWriter } from './writer.ts'

/** What writing a log's segments needs. */
export interface WrittenOptions {
  fs: LogFileSystem
  dir: string
  kept: Kept
  definitions: Definitions
  segmentBytes: number
}

/** The one segment that is written: the newest, and the next one when that is full or failed. */
export interface Written {
  /** It, where it takes frames now. */
  current(): { segment: Segment; writer: GroupWriter } | undefined
  /** Retires it and opens the next one; calls at the same time open one. @throws LogError */
  openNext(): Promise<void>
  /** Why nothing can be written any more: a sync failed. */
  broken(): LogError | undefined
  close(): Promise<void>
}

/** Creates it; nothing is open before the first `openNext`. */
export function createWritten({ fs, dir, kept, definitions, segmentBytes }: WrittenOptions): Written {
  let current: { segment: Segment; writer: GroupWriter } | undefined
  let opening: Promise<void> | undefined
  let broken: LogError | undefined

  // The old segment is drained before the new one takes anything: the order of positions is the order of the file.
  async function open(): Promise<void> {
    const retired = current?.writer
    current = undefined
    // What counts is synced already; a failure of the close concerns nothing that was acknowledged.
    await retired?.close().catch(() => undefined)
    // A sync that failed while it drained ends this log too, not only its segment.
    if (retired?.failed()?.fatal) throw retired.failed()
    const segment = await createSegment(fs, dir, nextHeader(kept, definitions))
    kept.segments = [...kept.segments, segment.segment]
    current = { ...segment, writer: createGroupWriter(segment.file, segment.segment.firstRecord) }
  }

  function isBroken(): LogError | undefined {
    const failure = current?.writer.failed()
    if (failure?.fatal) broken ??= failure
    return broken
  }

  return {
    current() {
      const takes = current && !current.writer.failed() && current.writer.size() < segmentBytes
      return takes && !opening ? current : undefined
    },
    async openNext() {
      const failure = isBroken()
      if (failure) throw failure
      opening ??= open().finally(() => {
        opening = undefined
      })
      await opening.catch((cause) => {
        if (cause instanceof LogError && cause.fatal) broken ??= cause
        throw broken ?? new LogError(`no new segment could be opened: ${cause.message}`, false, cause)
      })
    },
    broken: isBroken,
    async close() {
      await opening?.catch(() => undefined)
      await current?.writer.close()
    },
  }
}

/** The order advances only with a segment that was created, so that no gap is seen where none is. */
function nextHeader(kept: Kept, definitions: Definitions) {
  const last = kept.segments.at(-1)
  return {
    order: (last?.order ?? 0) + 1,
    log: kept.id,
    before: kept.totals,
    previous: last ? { stem: last.stem, end: last.end } : null,
    definitions,
  }
}
