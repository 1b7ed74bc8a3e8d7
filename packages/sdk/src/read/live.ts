import { TrackerError } from '../error.ts'
import { askLines, type Parameters } from './ask.ts'
import type { ReaderOptions } from './reader.ts'

// Milliseconds.
const FIRST_DELAY = 1_000
const LONGEST_DELAY = 30_000

/**
 * Follows `/v1/live`, and connects again where the connection ends. Returns what stops it. The key is in a header,
 * which `EventSource` has no way to send.
 */
export function startLive(
  options: ReaderOptions,
  asked: Parameters,
  onRows: (rows: any[]) => void,
  onError: (error: Error) => void = () => {},
): () => void {
  const stopping = new AbortController()
  const { signal } = stopping
  let timer: ReturnType<typeof setTimeout> | undefined
  let delay = FIRST_DELAY

  async function follow(): Promise<void> {
    try {
      for await (const line of askLines(options, 'live', asked, signal)) {
        if (signal.aborted) return
        const data = /^data: ?(.*?)\r?$/.exec(line)?.[1]
        if (!data) continue
        delay = FIRST_DELAY
        const told = JSON.parse(data)
        onRows(told.rows ?? [told])
      }
    } catch (error) {
      if (signal.aborted) return
      onError(error as Error)
      // What the collector refuses it refuses again, unless it is only busy.
      if (error instanceof TrackerError && !/^(unavailable|rate_limited)$/.test(error.code)) return
    }
    timer = setTimeout(follow, Math.random() * delay)
    delay = Math.min(delay * 2, LONGEST_DELAY)
  }
  follow()
  return () => {
    stopping.abort()
    clearTimeout(timer)
  }
}
