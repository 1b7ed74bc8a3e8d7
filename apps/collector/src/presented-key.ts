import { type Refusal, refuse } from './answer.ts'
import type { Key, KeyRing } from './keys.ts'

/** What an `Authorization` header bears; undefined where it bears nothing. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1]
}

/** The key that was presented, where it is valid; otherwise why not. Every route asks here. */
export function validKey(ring: KeyRing, presented: unknown): Key | Refusal {
  if (typeof presented !== 'string' || presented === '') {
    return refuse('unknown_key', 'no key; send "Authorization: Bearer KEY", or a write key as "key"')
  }
  const found = ring.find(presented)
  if (found === undefined) return refuse('unavailable', 'the keys are not loaded yet; try again')
  return found ?? refuse('unknown_key', 'this key is not known, or it is revoked')
}

/**
 * The write key of a URL's `key=`. Guarantee 7: a secret key has nothing to do in one, which is copied, logged and
 * passed on, and of two keys another program may read the other. Tested in presented-key.test.ts.
 */
export function keyInQuery(ring: KeyRing, given: readonly string[] | undefined): Key | Refusal {
  if (given && given.length > 1) return refuse('malformed', 'key is there more than once')
  const key = validKey(ring, given?.[0])
  if ('code' in key || key.kind === 'write') return key
  return refuse('forbidden', 'a secret key must not be in a URL; send "Authorization: Bearer KEY"')
}
