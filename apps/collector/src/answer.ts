import { type ErrorAnswer, REQUEST_CODES, type RequestCode } from '@trackable/protocol'
import type { MiddlewareHandler } from 'hono'

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

/** On every answer: any origin may read it, and see when to come back. */
const OPEN = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Retry-After, ETag' }

/** An answer in JSON, with plain headers: the adapter writes those without making `Headers` of them. */
export function jsonAnswer(status: number, body: object, headers: Record<string, string> = {}): Response {
  const all = { 'Content-Type': 'application/json', ...OPEN, ...headers }
  return new Response(JSON.stringify(body), { status, headers: all })
}

/** A refusal as the answer of the collector. */
export function refusalAnswer({ code, message, retryAfter }: Refusal): Response {
  const body: ErrorAnswer = { code, message }
  if (retryAfter === undefined) return jsonAnswer(REQUEST_CODES[code], body)
  body.retryAfter = retryAfter
  return jsonAnswer(REQUEST_CODES[code], body, { 'Retry-After': String(retryAfter) })
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
  // The answers to a batch carry them already.
  if (c.req.method !== 'POST') for (const [name, value] of Object.entries(OPEN)) c.header(name, value)
  return next()
}
