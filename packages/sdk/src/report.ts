import type { BatchAnswer, WireEvent } from '@trackable/protocol'
import { type Batch, eventsOf } from './batch.ts'
import { type TrackerCode, TrackerError } from './error.ts'
import { textOf } from './event.ts'
import type { Host } from './host.ts'
import type { Drop, TrackerOptions } from './options.ts'

/** Where everything is told that the developer may want to know. Nothing thrown by a callback comes back. */
export interface Report {
  fail(code: TrackerCode, message: string, dataset?: string, field?: string): void
  /** Tells what was thrown, while an event of a dataset was tracked. */
  thrown(error: unknown, dataset?: unknown): void
  giveUp(drop: Drop): void
  /** Tells of each event that the collector rejected. */
  reject(batch: Batch, answer: BatchAnswer): void
  /** Says in the console what happens, where somebody asked for it: first what, then to what. */
  say(...what: unknown[]): void
}

/** Creates the report of one tracker. */
export function createReport(host: Host, options: TrackerOptions): Report {
  const { onError = (error) => host.log('warn', error), onDrop } = options
  const log = options.debug ? host.log : undefined
  function call<Args extends unknown[]>(callback?: (...args: Args) => void, ...args: Args): void {
    try {
      callback?.(...args)
    } catch {
      // What the page's own callback or console throws is no reason to lose events, nor to break the page.
    }
  }
  const say: Report['say'] = (...what) => call(log, 'debug', ...what)
  function tell<About>(callback: ((about: About) => void) | undefined, what: string, about: About): void {
    say(what, about)
    call(callback, about)
  }
  const fail: Report['fail'] = (...about) => tell(onError, 'error', new TrackerError(...about))
  return {
    fail,
    say,
    giveUp: (drop) => tell(onDrop, 'dropped', drop),
    thrown(cause, dataset) {
      if (cause instanceof TrackerError) tell(onError, 'error', cause)
      else fail('invalid_value', `${textOf(dataset)}: ${textOf(cause)}`, textOf(dataset))
    },
    reject(batch, answer) {
      for (const { index, code, message } of answer.rejected) {
        const { dataset, fields } = (JSON.parse(eventsOf(batch)) as WireEvent[])[index] as WireEvent
        fail(code, message, dataset, `${Object.keys(fields)}`)
      }
    },
  }
}
