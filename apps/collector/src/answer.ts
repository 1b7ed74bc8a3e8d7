import { type ErrorAnswer, REQUEST_CODES, type RequestCode } from '@trackable/protocol'
import type { Context, MiddlewareHandler } from 'hono'

/** A refused request: its code of the closed list, and a sentence that says what to do. */
export interface Refusal {
  code: RequestCode
  message: string
  /** Seconds after which to try again: on `rate_limited` and `unavailable`. */
  retryAfter?: number
}

/** A refusal as a value, for functions that give either what was asked or why not. */
export function refuse(code: RequestCode, message: string): Refusal {
  return code === 'rate_limited' || code === 'unavailable'
    ? { code, message, retryAfter: 5 }
    : { code, message }
}

/** A refusal as the answer of the collector. */
export function refusalAnswer(c: Context, refusal: Refusal): Response {
  const { code, message, retryAfter } = refusal
  const body: ErrorAnswer = { code, message }
  const headers: Record<string, string> = {}
  if (retryAfter !== undefined) {
    body.retryAfter = retryAfter
    headers['Retry-After'] = String(retryAfter)
  }
  return c.json(body, REQUEST_CODES[code], headers)
}

/**
 * Lets any origin read every answer, errors included: who may write is decided by key and `Origin`, not by CORS,
 * and no credentials are ever taken from a cookie.
 */
export const openToAnyOrigin: MiddlewareHandler = async (c, next) => {
  if (c.req.method === 'OPTIONS') {
    return c.body(null, 204, {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
      'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-None-Match',
      'Access-Control-Max-Age': '86400',
    })
  }
  // Before the answer is made: headers that are set after it cost the adapter's fast path.
  c.header('Access-Control-Allow-Origin', '*')
  c.header('Access-Control-Expose-Headers', 'Retry-After, ETag')
  return next()
}
