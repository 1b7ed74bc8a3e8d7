import { LogError } from '../event-log.ts'

/** No room, or no file handles: it passes, and what was there before is as it was. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'])

/** Whether a call failed for a reason that passes. */
export function isPassing(cause: unknown): boolean {
  return PASSING.has((cause as { code?: string } | undefined)?.code ?? '')
}

/** A failed write as the log tells it: fatal unless its reason passes. */
export function writeFailure(cause: unknown): LogError {
  return cause instanceof LogError ? cause : failure('written', !isPassing(cause), cause)
}

/**
 * A failed sync, fatal whatever the reason: the kernel may have marked the lost pages clean, so that a second sync
 * would succeed and mean nothing.
 */
export function syncFailure(cause: unknown): LogError {
  return failure('synced', true, cause)
}

function failure(what: string, fatal: boolean, cause: unknown): LogError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new LogError(`the event log could not be ${what}: ${reason}`, fatal, cause)
}
