import { randomUUID } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { type Report, type ReportFacts, reasonOf } from './report.ts'
import type { SpanFacts, Traces } from './traces.ts'

/** The header that names a request, in both directions. */
export const REQUEST_ID = 'X-Request-Id'

const WELL_FORMED = /^[\w.=-]{1,128}$/

/** The name of a request: what a proxy before us gave it where that is well-formed, else a new one. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && WELL_FORMED.test(given) ? given : randomUUID()
}

/** An answer that was no success, or what was thrown instead of one. */
export interface Answered {
  requestId: string
  /** Method and pattern: what stands in a path may name a visitor. */
  route: string
  status: number
  /** The answer's body. */
  text: string
  error?: unknown
}

/**
 * Says a line of a request that failed: at `debug` where the sender is at fault, with the code alone, since a sentence
 * about a request repeats what it sent; else always, with the reason.
 */
export function reportAnswer(report: Report, { requestId, route, status, text, error }: Answered): void {
  if (status < 400) return
  const { code, message } = refusalIn(text)
  const facts: ReportFacts = { requestId, route, status, ...(code !== undefined && { code }) }
  if (error !== undefined) report('error', `${route}: ${reasonOf(error)}`, facts)
  else if (status >= 500) report('warn', `${route}: ${status} ${message ?? ''}`, facts)
  else report('debug', `${route}: ${status} ${code ?? ''}`, facts)
}

function refusalIn(text: string): { code?: string; message?: string } {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** Names each request that Hono answers, follows it, and says a line of each that fails. */
export function watchRequests(report: Report, traces: Traces): MiddlewareHandler {
  return async (c, next) => {
    const { incoming } = (c.env ?? {}) as { incoming?: { headers?: Record<string, string> } }
    const requestId = requestIdOf(incoming?.headers?.['x-request-id'] ?? c.req.header(REQUEST_ID))
    const routeOf = () => {
      const pattern = matchedRoutes(c).findLast(({ path }) => !path.endsWith('/*'))?.path
      return pattern === undefined ? 'no route' : `${c.req.method} ${pattern}`
    }
    await traces.step('request', next, () => answerFacts(routeOf(), c.res.status, requestId))
    c.res.headers.set(REQUEST_ID, requestId)
    const { status } = c.res
    if (status < 400) return
    const text = await c.res.clone().text()
    reportAnswer(report, { requestId, route: routeOf(), status, text, error: c.error })
  }
}

/** What a trace tells of a request. */
export function answerFacts(route: string, status: number, requestId: string): SpanFacts {
  return { 'http.route': route, 'http.response.status_code': status, 'trackable.request_id': requestId }
}
