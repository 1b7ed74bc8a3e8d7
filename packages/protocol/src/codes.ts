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

/** Why one event of an accepted batch was rejected. */
export type RejectCode =
  | 'unknown_dataset'
  | 'unknown_field'
  | 'unknown_dimension'
  | 'invalid_parent'
  | 'invalid_value'
  | 'invalid_time'
  | 'too_old'
  | 'not_public'
  | 'over_limit'

/** Why one event of an accepted batch was dropped without fault of the sender. */
export type DropCode = 'bot' | 'prefetch'

/** Why an accepted event could not be folded. */
export type DeadCode = 'overflow' | 'definition_changed' | 'aggregate_failed' | 'database_refused'
