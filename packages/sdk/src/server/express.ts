import type { Tracker } from '../types.ts'
import { requestTracker } from './for-request.ts'
import type { AnyRequest } from './visitor.ts'

declare global {
  namespace Express {
    interface Request {
      /** The tracker for this request, by the middleware of `@trackable/sdk/express`. */
      tracker: Tracker
    }
  }
}

/**
 * An Express middleware that puts a tracker for each request into `request.tracker`: its events carry the visitor's
 * user agent and address. The setting `trust proxy` is respected.
 * @example app.use(trackable(tracker))
 */
export function trackable(
  tracker: Tracker<any, any>,
): (request: AnyRequest & { ip?: string | undefined }, response: unknown, next: () => void) => void {
  return (request, _response, next) => {
    const { headers, ip, socket } = request
    const own = requestTracker(tracker, { headers, socket: { remoteAddress: ip ?? socket?.remoteAddress } })
    Object.assign(request, { tracker: own })
    next()
  }
}
