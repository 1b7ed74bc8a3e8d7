import type { BatchAnswer, ErrorAnswer } from './batch.ts'
import { REQUEST_CODES } from './codes.ts'

/** What an attempt to send a batch came to, and so what becomes of the batch. */
export type Outcome =
  /** The collector has it, or will never take it: delete it. `answer` is there when it was accepted. */
  | { kind: 'settled'; answer: BatchAnswer; error?: undefined }
  | { kind: 'settled'; answer?: undefined; error: ErrorAnswer }
  /** The key, the origin or the grant is at fault: keep it and tell the developer. */
  | { kind: 'held'; error: ErrorAnswer }
  /** Try it again, after that many milliseconds where the collector said so. */
  | { kind: 'retry'; after?: number; reason: string }
  /** Nobody can say (a beacon): keep it, and send it again with the same id. */
  | { kind: 'unknown' }

const SETTLING: Record<number, readonly string[]> = {
  400: ['malformed', 'expired'],
  403: ['forbidden'],
  404: ['not_found'],
  413: ['too_large'],
  415: ['unsupported'],
}
const HOLDING: Record<number, readonly string[]> = { 401: ['unknown_key'], 403: ['origin', 'grant'] }

/**
 * Reads the collector's answer to a batch. Only JSON of a collector settles it: a captive portal's 200, a
 * proxy's 404 and an HTML page are tried again, because whoever wrote them has not read the batch.
 * @param retryAfter the `Retry-After` header, seconds or a date
 */
export function outcomeOf(
  id: string,
  status: number,
  body: string,
  retryAfter: string | null,
  now: number,
): Outcome {
  const json = parse(body)
  if (status >= 200 && status < 300 && json?.id === id) {
    return { kind: 'settled', answer: json as unknown as BatchAnswer }
  }
  const code = typeof json?.code === 'string' && Object.hasOwn(REQUEST_CODES, json.code) ? json.code : ''
  const error = json as unknown as ErrorAnswer
  if (SETTLING[status]?.includes(code)) return { kind: 'settled', error }
  if (HOLDING[status]?.includes(code)) return { kind: 'held', error }
  const after = delayOf(retryAfter, now)
  const reason = `status ${status}${code && ` ${code}`}`
  return after === undefined ? { kind: 'retry', reason } : { kind: 'retry', after, reason }
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const json = JSON.parse(body)
    return typeof json === 'object' && json !== null ? json : undefined
  } catch {
    return undefined
  }
}

function delayOf(header: string | null, now: number): number | undefined {
  if (!header) return undefined
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
