import { type Refusal, refuse } from '../answer.ts'
import type { Key, KeyRing } from '../keys.ts'
import { bearerOf, validKey } from '../presented-key.ts'

/** What a request shows of itself. */
export interface Presented {
  authorization: string | undefined
  key: unknown
  origin: string | undefined
}

/** The key of a batch, where it may be used from there; otherwise why not. */
export function admit(ring: KeyRing, presented: Presented): Key | Refusal {
  const found = validKey(ring, bearerOf(presented.authorization) ?? presented.key)
  if ('code' in found) return found
  return refuseOrigin(found, presented.origin) ?? found
}

/**
 * Why a key may not be used from an origin. Guarantee 7: compared as the browser wrote it, byte for byte.
 * Tested in admit.test.ts, "only the very origin may use its key".
 */
export function refuseOrigin({ origins }: Key, origin: string | undefined): Refusal | undefined {
  if (origins.length === 0 || (origin !== undefined && origins.includes(origin))) return undefined
  const from = origin === undefined ? 'a request without Origin' : `origin ${origin.slice(0, 100)}`
  return refuse('origin', `${from} may not use this key; its origins are ${origins.join(', ')}`)
}
