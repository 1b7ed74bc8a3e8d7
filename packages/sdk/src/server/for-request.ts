import { asksForPrivacy, isPrefetch } from '@trackable/protocol'
import type { Visitor } from '../event.ts'
import type { Consent } from '../options.ts'
import type { RecordOptions, Tracker } from '../types.ts'
import type { ServerTracker } from './server-tracker.ts'
import { type AnyRequest, headersOf, visitorOf } from './visitor.ts'

/** The tracker for a request, by the tracker's own rules where it has some; a page's preset on a server has none. */
export function requestTracker<Datasets>(tracker: Tracker<Datasets>, request: AnyRequest): Tracker<Datasets> {
  const { forRequest } = tracker as Partial<ServerTracker<Datasets>>
  return forRequest ? forRequest(request) : trackerFor(tracker, request)
}

/**
 * A tracker for one request: its events carry the visitor's user agent and address, so that bot filter and visitor
 * count judge the visitor and not the server. That needs a secret key. Of a visitor who asks for privacy neither the
 * address nor an input of a unique is passed on, and of a prefetch nothing is tracked. Consent is that of this visitor
 * alone, and `close` only flushes: the tracker of the process goes on.
 * @param respects the visitor's wish for privacy
 */
export function trackerFor<Datasets>(
  tracker: Tracker<Datasets>,
  request: AnyRequest,
  respects = true,
): Tracker<Datasets> {
  const plain = tracker as unknown as Tracker<undefined>
  const { address, ...rest } = visitorOf(request)
  const header = headersOf(request)
  const signalled = respects && asksForPrivacy(header)
  const visitor: Visitor = signalled ? { ...rest, signalled } : address ? { ...rest, address } : rest
  const unwanted = isPrefetch(header)
  let consent: Consent = 'granted'
  let waiting: (() => void)[] = []
  const record: Tracker<undefined>['record'] = (dataset, parent, fields, options) => {
    if (unwanted || consent === 'denied') return
    const extra: RecordOptions & Visitor = { at: new Date(), ...options, ...visitor }
    const pass = () => plain.record(dataset, parent, fields, extra)
    if (consent === 'granted') pass()
    else waiting.push(pass)
  }
  function setConsent(state: Consent): void {
    consent = state
    if (state === 'pending') return
    const passes = state === 'granted' ? waiting : []
    waiting = []
    for (const pass of passes) pass()
  }
  const step =
    (sign: 1 | -1): Tracker<undefined>['increment'] =>
    (dataset, parent, field, by = 1) =>
      record(dataset, parent, { [field]: by * sign })
  const own: Tracker<undefined> = {
    ...plain,
    record,
    increment: step(1),
    decrement: step(-1),
    setConsent,
    close: plain.flush,
  }
  return own as unknown as Tracker<Datasets>
}
