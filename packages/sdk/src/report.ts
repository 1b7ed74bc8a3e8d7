import type { BatchAnswer, WireEvent } from '@trackable/protocol'
import { type TrackerCode, TrackerError } from './error.ts'
import type { Host } from './host.ts'
import type { Drop, TrackerOptions } from './options.ts'

/** Where everything is told that the developer may want to know. Nothing thrown by a callback comes back. */
export interface Report {
  error(code: TrackerCode, message: string, dataset?: string, field?: string): void
  /** Tells what was thrown. */
  thrown(error: unknown): void
  drop(drop: Drop): void
  /** Tells of each event that the collector rejected. */
  answer(events: string, answer: BatchAnswer): void
  debug(message: string): void
}

/** Creates the report of one tracker. */
export function createReport(host: Host, options: TrackerOptions): Report {
  const { onError = (error) => host.log('warn', error), onDrop, debug } = options
  const log = (message: unknown) => {
    if (debug) host.log('debug', message)
  }
  function tell<T>(callback: ((what: T) => void) | undefined, what: T): void {
    log(what)
    try {
      callback?.(what)
    } catch {
      // What the page's own callback throws is no reason to lose events, nor to break the page.
    }
  }
  const thrown = (error: unknown) =>
    tell(onError, error instanceof TrackerError ? error : new TrackerError('invalid_value', String(error)))
  const error: Report['error'] = (...about) => thrown(new TrackerError(...about))
  return {
    error,
    thrown,
    debug: log,
    drop: (drop) => tell(onDrop, drop),
    answer(events, answer) {
      log(answer)
      for (const { index, code, message } of answer.rejected ?? []) {
        const { dataset, fields } = (JSON.parse(events) as WireEvent[])[index] as WireEvent
        error(code, message, dataset, `${Object.keys(fields)}`)
      }
    },
  }
}
