import { setImmediate } from 'node:timers/promises'
import { die, failpoint } from '../../failpoint.ts'
import type { LogError } from '../event-log.ts'
import { prefixLength } from '../prefix.ts'
import { syncFailure, writeFailure } from './failure.ts'
import type { WritableLogFile } from './file-system.ts'

interface Waiting {
  frame: Buffer
  durable(start: number): void
  reject(error: unknown): void
}

/** Appends frames to one segment's file, many to a sync. */
export interface GroupWriter {
  /**
   * Calls `placed` with where the frame starts as soon as it is on disk, before anything else runs, and resolves with
   * what that gives.
   */
  append<T>(frame: Buffer, placed: (start: number) => T): Promise<T>
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
 * promise resolves only after the `fdatasync` that covers it (proven by `power-loss.test.ts` and `file-log.test.ts`,
 * "an append resolves only after the sync that covers it"). A failed write or sync rejects everything that waits and
 * is never retried (proven by `failing-calls.test.ts`).
 */
export function createGroupWriter(file: WritableLogFile, from: number): GroupWriter {
  let waiting: Waiting[] = []
  let written = from
  let queued = 0
  let running: Promise<void> | undefined
  let failed: LogError | undefined

  async function run(): Promise<void> {
    while (waiting.length > 0 && !failed) {
      await gather()
      const group = take()
      try {
        await writeGroup(
          file,
          group.length === 1 ? group[0]!.frame : Buffer.concat(group.map(({ frame }) => frame)),
        )
      } catch (cause) {
        failed = writeFailure(cause)
        for (const { reject } of [...group, ...waiting]) reject(failed)
        waiting = []
        break
      }
      for (const { frame, durable } of group) {
        durable(written)
        written += frame.length
        queued -= frame.length
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
    const count = prefixLength(waiting, ({ frame }) => frame.length, GROUP_BYTES)
    return waiting.splice(0, count)
  }

  return {
    append(frame, placed) {
      if (failed) return Promise.reject(failed)
      return new Promise((resolve, reject) => {
        waiting.push({ frame, durable: (start) => resolve(placed(start)), reject })
        queued += frame.length
        running ??= Promise.resolve().then(run)
      })
    },
    size: () => written + queued,
    failed: () => failed,
    async close() {
      while (running) await running
      await file.close()
    },
  }
}

async function writeGroup(file: WritableLogFile, bytes: Buffer): Promise<void> {
  if (__FAILPOINTS__ && (await failpoint('append-queued')) === 'half') {
    await file.write(bytes.subarray(0, bytes.length / 2))
    die()
  }
  await file.write(bytes)
  try {
    await file.sync()
    if (__FAILPOINTS__) await failpoint('append-durable')
  } catch (cause) {
    throw syncFailure(cause)
  }
}
