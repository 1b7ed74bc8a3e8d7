import type { RecordOptions, Tracker } from '../types.ts'
import type { ServerTracker } from './server-tracker.ts'
import { type AnyRequest, asksForPrivacy, isPrefetch, visitorOf } from './visitor.ts'

/** The tracker for a request, by the tracker's own rules where it has some; a page's preset on a server has none. */
export function requestTracker<Datasets>(tracker: Tracker<Datasets>, request: AnyRequest): Tracker<Datasets> {
  const { forRequest } = tracker as Partial<ServerTracker<Datasets>>
  return forRequest ? forRequest(request) : trackerFor(tracker, request)
}

/**
 * A tracker for one request: its events carry the visitor's user agent and address, so that bot filter and visitor
 * count judge the visitor and not the server. That needs a secret key. Of a visitor who asks for privacy neither the
 * address nor an input of a unique is passed on, and of a prefetch nothing is tracked.
 * @param respects the visitor's wish for privacy
 */
export function trackerFor<Datasets>(
  tracker: Tracker<Datasets>,
  request: AnyRequest,
  respects = true,
): Tracker<Datasets> {
  const plain = tracker as unknown as Tracker<undefined>
  const { address, ...rest } = visitorOf(request)
  const quiet = respects && asksForPrivacy(request)
  const visitor = quiet || !address ? rest : { ...rest, address }
  const unwanted = isPrefetch(request)
  const record: Tracker<undefined>['record'] = (dataset, parent, fields, options) => {
    if (unwanted) return
    const passed = quiet ? withoutArrays(fields) : fields
    const extra: RecordOptions = { ...options, ...visitor }
    plain.record(dataset, parent, passed, extra)
  }
  const step =
    (sign: 1 | -1): Tracker<undefined>['increment'] =>
    (dataset, parent, field, by = 1) =>
      record(dataset, parent, { [field]: by * sign })
  const own: Tracker<undefined> = { ...plain, record, increment: step(1), decrement: step(-1) }
  return own as unknown as Tracker<Datasets>
}

function withoutArrays(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !Array.isArray(value)))
}
