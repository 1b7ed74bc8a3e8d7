import { type ErrorAnswer, REQUEST_CODES, type RequestCode } from '@trackable/protocol'
import type { MiddlewareHandler } from 'hono'

/** A refused request: its code of the closed list, and a sentence that says what to do. */
export interface Refusal {
  code: RequestCode
  message: string
  /** Seconds after which to try again: on `rate_limited` and `unavailable`. */
  retryAfter?: number
}

/** An answer in JSON, before it is anything of HTTP's. */
export interface Reply {
  status: number
  headers: Record<string, string>
  text: string
}

/** On every answer: any origin may read it, and see when to come back. */
const OPEN = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Retry-After, ETag' }
const JSON_HEADERS = { 'Content-Type': 'application/json', ...OPEN }

/** A refusal as a value, for functions that give either what was asked or why not. */
export function refuse(code: RequestCode, message: string): Refusal {
  return code === 'rate_limited' || code === 'unavailable'
    ? { code, message, retryAfter: 5 }
    : { code, message }
}

/** Told while what an import has sent waits in the log, nobody knows how long. */
export const NOT_FOLDED: Refusal = refuse(
  'unavailable',
  'the log is not folded now; see "trackable log status", then go on',
)

/** An answer that is an object. */
export function replyOf(status: number, body: object): Reply {
  return { status, headers: JSON_HEADERS, text: JSON.stringify(body) }
}

/** A refusal as the answer of the collector. */
export function refusalReply({ code, message, retryAfter }: Refusal): Reply {
  const body: ErrorAnswer = { code, message }
  if (retryAfter === undefined) return replyOf(REQUEST_CODES[code], body)
  body.retryAfter = retryAfter
  const reply = replyOf(REQUEST_CODES[code], body)
  return { ...reply, headers: { ...reply.headers, 'Retry-After': String(retryAfter) } }
}

/** A reply as Fetch has it. */
export function responseOf({ status, headers, text }: Reply): Response {
  return new Response(text, { status, headers })
}

/** A refusal as Fetch has it. */
export function refusalAnswer(refusal: Refusal): Response {
  return responseOf(refusalReply(refusal))
}

/**
 * Lets any origin read every answer, errors included: who may write is decided by key and `Origin`, not by CORS,
 * and no credentials are ever taken from a cookie.
 */
export const openToAnyOrigin: MiddlewareHandler = async (c, next) => {
  if (c.req.method === 'OPTIONS') {
    return c.body(null, 204, {
      ...OPEN,
      'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
      'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-None-Match',
      'Access-Control-Max-Age': '86400',
    })
  }
  await next()
  // Afterwards: what was set before is lost where a route answers with a Response of its own, as streams do.
  for (const [name, value] of Object.entries(OPEN)) c.res.headers.set(name, value)
}
