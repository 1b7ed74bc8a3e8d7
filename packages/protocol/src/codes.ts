/** Codes of a refused request, with their HTTP status. */
export const REQUEST_CODES = {
  malformed: 400,
  expired: 400,
  unknown_key: 401,
  origin: 403,
  forbidden: 403,
  grant: 403,
  not_found: 404,
  too_large: 413,
  unsupported: 415,
  rate_limited: 429,
  unavailable: 503,
} as const

/** Why a whole request was refused. */
export type RequestCode = keyof typeof REQUEST_CODES

/** Codes of one event of an accepted batch that was rejected. */
export const REJECT_CODES = [
  'unknown_dataset',
  'unknown_field',
  'unknown_dimension',
  'invalid_parent',
  'invalid_value',
  'invalid_time',
  'too_old',
  'not_public',
  'over_limit',
] as const

/** Why one event of an accepted batch was rejected. */
export type RejectCode = (typeof REJECT_CODES)[number]

/** Codes of one event of an accepted batch that was dropped without fault of the sender. */
export const DROP_CODES = ['bot', 'prefetch'] as const

/** Why one event of an accepted batch was dropped. */
export type DropCode = (typeof DROP_CODES)[number]

/** Why an accepted event could not be folded. */
export type DeadCode = 'overflow' | 'definition_changed' | 'aggregate_failed' | 'database_refused'
