import { createHmac, timingSafeEqual } from 'node:crypto'
import { GRANT_LENGTH, type GrantClaims, type RedirectLink, redirectText } from '@trackable/protocol'
import type { Key, KeyRing } from './keys.ts'

/** A grant that is signed and sound, with the key that signed it. It may have ended. */
export interface SignedGrant {
  claims: GrantClaims
  key: Key
}

/** Signs a grant with the signing key of a secret key, as the SDK's server half does with the key itself. */
export function signGrant(key: Key, claims: Omit<GrantClaims, 'v' | 'kid'>): string {
  const { dataset, parents, fields, exp } = claims
  const whole: GrantClaims = { v: 1, kid: key.id, dataset, parents, fields, exp }
  const payload = Buffer.from(JSON.stringify(whole)).toString('base64url')
  return `${payload}.${hmac(key, payload).toString('base64url')}`
}

/** Reads a grant, where a valid secret key that may touch its dataset has signed it. */
export function readGrant(ring: KeyRing, text: string): SignedGrant | undefined {
  const [payload = '', signature = '', more] = text.length <= GRANT_LENGTH ? text.split('.') : []
  const claims = more === undefined ? parseClaims(payload) : undefined
  const key = claims && ring.byId(claims.kid)
  if (!key || !isSigned(key, payload, signature)) return undefined
  return key.datasets.length === 0 || key.datasets.includes(claims.dataset) ? { claims, key } : undefined
}

/** Whether a link was signed by a valid secret key that may touch its dataset. */
export function isSignedLink(ring: KeyRing, link: RedirectLink, sig: string): boolean {
  const [kid = '', signature = '', more] = sig.split('.')
  const key = ring.byId(kid)
  if (!key || more !== undefined || !isSigned(key, redirectText(link), signature)) return false
  return key.datasets.length === 0 || key.datasets.includes(link.dataset)
}

/** Guarantee 7: in constant time, and never by a key without a signing key. Tested in signatures.test.ts, "a changed grant is none". */
function isSigned(key: Key, text: string, signature: string): boolean {
  const given = Buffer.from(signature, 'base64url')
  return Boolean(key.signing) && given.length === 32 && timingSafeEqual(given, hmac(key, text))
}

function hmac(key: Key, text: string): Buffer {
  return createHmac('sha256', Buffer.from(key.signing, 'base64url')).update(text).digest()
}

function parseClaims(payload: string): GrantClaims | undefined {
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    const { v, kid, dataset, parents, fields, exp } = claims
    const sound =
      v === 1 && typeof kid === 'string' && typeof dataset === 'string' && Number.isSafeInteger(exp)
    return sound && isTexts(parents) && isTexts(fields) ? claims : undefined
  } catch {
    return undefined
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')
}
