import { setImmediate } from 'node:timers/promises'
import { LogError } from '../event-log.ts'
import { prefixLength } from '../prefix.ts'
import type { WritableLogFile } from './file-system.ts'

/** Where a frame came to stand, told when it is on disk. */
export interface Placed {
  start: number
}

interface Waiting {
  frame: Buffer
  resolve(placed: Placed): void
  reject(error: unknown): void
}

/** Appends frames to one segment's file, many to a sync. */
export interface GroupWriter {
  append(frame: Buffer): Promise<Placed>
  /** Bytes that are on disk: nothing past this may be read. */
  synced(): number
  /** Bytes written or waiting. */
  size(): number
  /** Why nothing more can be appended here, once that is so. */
  failed(): LogError | undefined
  close(): Promise<void>
}

const GROUP_BYTES = 8 * 1024 * 1024

const GATHER_TURNS = 20

/**
 * Group commit: whatever waits when a sync ends is written and synced together. Guarantee 1 stands here: a frame's
 * promise resolves only after the `fdatasync` that covers it (proven by `file-log.test.ts`, "an append resolves
 * only after the sync that covers it"). A failed write or sync rejects everything that waits and is never retried:
 * the kernel may have marked the lost pages clean.
 */
export function createGroupWriter(file: WritableLogFile, from: number): GroupWriter {
  let waiting: Waiting[] = []
  let written = from
  let synced = from
  let queued = 0
  let running: Promise<void> | undefined
  let failed: LogError | undefined

  async function run(): Promise<void> {
    while (waiting.length > 0 && !failed) {
      await gather()
      const group = take()
      try {
        await file.write(
          group.length === 1 ? group[0]!.frame : Buffer.concat(group.map(({ frame }) => frame)),
        )
        await file.sync()
      } catch (cause) {
        fail(cause, group)
        break
      }
      let start = written
      for (const { frame } of group) written += frame.length
      synced = written
      for (const { frame, resolve } of group) {
        resolve({ start })
        start += frame.length
      }
    }
    // Here and not in a `finally` of the promise: an append between the two would wait for ever.
    running = undefined
  }

  /**
   * Waits while each turn of the event loop brings more: a sync takes about half a millisecond, however much it
   * covers, and requests that are here already might as well be in it. A frame that is alone waits for one turn.
   */
  async function gather(): Promise<void> {
    for (let turn = 0, before = 0; turn < GATHER_TURNS && waiting.length > before; turn++) {
      before = waiting.length
      await setImmediate()
    }
  }

  function take(): Waiting[] {
    const group = waiting.splice(
      0,
      prefixLength(waiting, ({ frame }) => frame.length, GROUP_BYTES),
    )
    for (const { frame } of group) queued -= frame.length
    return group
  }

  function fail(cause: unknown, group: Waiting[]): void {
    const full = (cause as { code?: string }).code === 'ENOSPC'
    const reason = cause instanceof Error ? cause.message : String(cause)
    failed = new LogError(`the event log could not be written: ${reason}`, !full, cause)
    for (const { reject } of [...group, ...waiting]) reject(failed)
    waiting = []
  }

  return {
    append(frame) {
      if (failed) return Promise.reject(failed)
      return new Promise((resolve, reject) => {
        waiting.push({ frame, resolve, reject })
        queued += frame.length
        running ??= Promise.resolve().then(run)
      })
    },
    synced: () => synced,
    size: () => written + queued,
    failed: () => failed,
    async close() {
      while (running) await running
      await file.close()
    },
  }
}
