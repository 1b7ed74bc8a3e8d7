export type { BatchAnswer, DryAnswer, ErrorAnswer, ImportPart, WireBatch, WireEvent } from './batch.ts'
export {
  type DeadCode,
  DROP_CODES,
  type DropCode,
  REJECT_CODES,
  REQUEST_CODES,
  type RejectCode,
  type RequestCode,
} from './codes.ts'
export { asksForPrivacy, type HeaderOf, isPrefetch } from './headers.ts'
export { LIMITS } from './limits.ts'
export { type Outcome, outcomeOf, parseJson } from './outcome.ts'
export {
  GRANT_LENGTH,
  type GrantClaims,
  keyIdOf,
  type RedirectLink,
  redirectText,
  SIGNING_LABEL,
} from './signed.ts'
export { uuidTime, uuidVersion, uuidv7, uuidv8 } from './uuid.ts'
