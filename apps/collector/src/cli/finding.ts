import type { Finding } from '../db/examine.ts'

/** A part that is well. */
export function ok(check: string, message: string): Finding {
  return { check, state: 'ok', message }
}

/** What will be trouble, and what to do about it. */
export function warn(check: string, message: string, cure: string): Finding {
  return { check, state: 'warn', message, cure }
}

/** What is trouble now, and what to do about it. */
export function fail(check: string, message: string, cure: string): Finding {
  return { check, state: 'fail', message, cure }
}
