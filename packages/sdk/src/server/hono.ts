import type { MiddlewareHandler } from 'hono'
import type { Tracker } from '../types.ts'
import { requestTracker } from './for-request.ts'

/** Where the servers that run Hono say who called: Node's, Bun's, Deno's. */
interface Surroundings {
  incoming?: { socket?: { remoteAddress?: string } }
  requestIP?(request: Request): { address: string } | null
  remoteAddr?: { hostname?: string }
}

/**
 * A Hono middleware that puts a tracker for each request into `c.var.tracker`: its events carry the visitor's user
 * agent and address. Where the platform may stop after the answer, it is told to wait until they are sent.
 * @example app.use(trackable(tracker)).get('/', (c) => { c.var.tracker.increment('article', '42', 'views') … })
 */
export function trackable<Datasets>(
  tracker: Tracker<Datasets>,
): MiddlewareHandler<{ Variables: { tracker: Tracker<Datasets> } }> {
  return async (c, next) => {
    const { raw } = c.req
    const socket = { remoteAddress: peerOf(c.env ?? {}, raw) }
    c.set('tracker', requestTracker(tracker, { headers: raw.headers, socket }))
    await next()
    try {
      c.executionCtx.waitUntil(tracker.flush())
    } catch {
      // Hono throws where there is no such thing: a server goes on, and sends in its own time.
    }
  }
}

function peerOf(env: Surroundings, request: Request): string | undefined {
  return env.incoming?.socket?.remoteAddress ?? env.requestIP?.(request)?.address ?? env.remoteAddr?.hostname
}
