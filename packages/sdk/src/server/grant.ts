import { durationMs } from '@trackable/dataset'
import { GRANT_LENGTH, type GrantClaims } from '@trackable/protocol'
import { base64url, createSigner, utf8 } from './sign.ts'

/** What a grant is to permit. */
export interface GrantRequest {
  dataset: string
  /** The parents that may be written, each as it is tracked. */
  parents: readonly (string | number | bigint)[]
  /** Fields beside those in `public.write`. */
  fields: readonly string[]
  /** How long it holds, such as `1h`. */
  for: string
}

/**
 * Signs a permit to write named fields of named parents, without asking the collector: for a page to hand to its
 * tracker as `grant`, beside its write key. It ends by itself, or when the secret key is revoked.
 * @throws Error where it names nothing, lasts no time, or is longer than a collector reads
 * @example
 * const grant = await signGrant(process.env.SECRET_KEY, {
 *   dataset: 'article', parents: ['42'], fields: ['likes'], for: '1h',
 * })
 */
export async function signGrant(secretKey: string, request: GrantRequest): Promise<string> {
  const { dataset, parents, fields, for: span } = request
  const ms = durationMs(span)
  if (!ms) throw new Error(`for is "${span}"; expected a duration such as 1h`)
  if (parents.length === 0 || fields.length === 0)
    throw new Error('a grant names at least one parent and field')
  const { kid, sign } = await createSigner(secretKey)
  const exp = Math.floor((Date.now() + ms) / 1000)
  const claims: GrantClaims = { v: 1, kid, dataset, parents: parents.map(String), fields: [...fields], exp }
  const payload = base64url(utf8(JSON.stringify(claims)))
  const grant = `${payload}.${await sign(payload)}`
  if (grant.length <= GRANT_LENGTH) return grant
  throw new Error(`the grant has ${grant.length} characters; at most ${GRANT_LENGTH}: name fewer parents`)
}
