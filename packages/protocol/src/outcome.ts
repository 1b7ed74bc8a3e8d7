import type { BatchAnswer, ErrorAnswer } from './batch.ts'

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

const SETTLING = /^(400 (malformed|expired)|403 forbidden|404 not_found|413 too_large|415 unsupported)$/
const HOLDING = /^(401 unknown_key|403 (origin|grant))$/

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
  const json: (BatchAnswer & Partial<ErrorAnswer>) | null | undefined = parseJson(body)
  const what = `${status} ${typeof json?.code === 'string' ? json.code : ''}`
  if (/^2/.test(what) && json?.id === id) return { kind: 'settled', answer: json }
  if (SETTLING.test(what)) return { kind: 'settled', error: json as ErrorAnswer }
  if (HOLDING.test(what)) return { kind: 'held', error: json as ErrorAnswer }
  const seconds = Number(retryAfter || Number.NaN)
  const after = Number.isNaN(seconds) ? Date.parse(`${retryAfter}`) - now : seconds * 1000
  const reason = `status ${what}`
  return { kind: 'retry', reason, ...(Number.isFinite(after) && { after: Math.max(0, after) }) }
}

/** What a JSON text says; undefined where it is none. */
export function parseJson(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
