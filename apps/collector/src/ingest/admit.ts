import { type Refusal, refuse } from '../answer.ts'
import type { Key, KeyRing } from '../keys.ts'

/** What a request shows of itself. */
export interface Presented {
  authorization: string | undefined
  key: unknown
  origin: string | undefined
}

/** The key of a request, where it may be used from there; otherwise why not. */
export function admit(ring: KeyRing, { authorization, key, origin }: Presented): Key | Refusal {
  const presented = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1] ?? key
  if (typeof presented !== 'string') {
    return refuse('unknown_key', 'no key; send "Authorization: Bearer KEY" or a body with "key"')
  }
  const found = ring.find(presented)
  if (found === undefined) return refuse('unavailable', 'the keys are not loaded yet; send the batch again')
  if (found === null) return refuse('unknown_key', 'this key is not known, or it is revoked')
  if (found.origins.length > 0 && (origin === undefined || !found.origins.includes(origin))) {
    const from = origin === undefined ? 'a request without Origin' : `origin ${origin.slice(0, 100)}`
    return refuse('origin', `${from} may not use this key; its origins are ${found.origins.join(', ')}`)
  }
  return found
}
