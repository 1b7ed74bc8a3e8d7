import type { BatchAnswer, WireEvent } from '@trackable/protocol'
import { type Batch, eventsOf } from './batch.ts'
import { type TrackerCode, TrackerError } from './error.ts'
import type { Host } from './host.ts'
import type { Drop, TrackerOptions } from './options.ts'

/** Where everything is told that the developer may want to know. Nothing thrown by a callback comes back. */
export interface Report {
  error(code: TrackerCode, message: string, dataset?: string, field?: string): void
  /** Tells what was thrown, while an event of a dataset was tracked. */
  thrown(error: unknown, dataset?: unknown): void
  drop(drop: Drop): void
  /** Tells of each event that the collector rejected. */
  answer(batch: Batch, answer: BatchAnswer): void
  debug(what: unknown): void
}

/** Creates the report of one tracker. */
export function createReport(host: Host, options: TrackerOptions): Report {
  const { onError = (error) => host.log('warn', error), onDrop, debug } = options
  function tell<T>(what: T, callback?: (what: T) => void): void {
    if (debug) host.log('debug', what)
    try {
      callback?.(what)
    } catch {
      // What the page's own callback throws is no reason to lose events, nor to break the page.
    }
  }
  const error: Report['error'] = (...about) => tell(new TrackerError(...about), onError)
  return {
    error,
    debug: (what) => tell(what),
    drop: (drop) => tell(drop, onDrop),
    thrown(cause, dataset) {
      if (cause instanceof TrackerError) tell(cause, onError)
      else error('invalid_value', `${dataset}: ${cause}`, `${dataset}`)
    },
    answer(batch, answer) {
      for (const { index, code, message } of answer.rejected) {
        const { dataset, fields } = (JSON.parse(eventsOf(batch)) as WireEvent[])[index] as WireEvent
        error(code, message, dataset, `${Object.keys(fields)}`)
      }
    },
  }
}
