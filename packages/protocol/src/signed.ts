/** What a grant permits, as it is signed. */
export interface GrantClaims {
  v: 1
  /** Id of the secret key that signed it. Revoking that key revokes its grants. */
  kid: string
  dataset: string
  parents: string[]
  fields: string[]
  /** When it ends, in seconds since 1970. */
  exp: number
}

/** A link through the collector: what is counted, and where it leads. */
export interface RedirectLink {
  dataset: string
  parent: string
  field: string
  /** An absolute `http:` or `https:` URL. */
  to: string
}

/** The most that a collector reads of a grant, in characters. */
export const GRANT_LENGTH = 16_384

/**
 * A secret key signs with `HMAC-SHA256(key, SIGNING_LABEL)`, not with itself: the collector keeps that and the key's
 * hash, and so can check signatures without being able to make the key from what it keeps.
 */
export const SIGNING_LABEL = 'trackable signing key 1'

/** The id of a key whose SHA-256, in hex, that is. Whoever has a key knows its id without asking. */
export function keyIdOf(sha256: string): string {
  return `key_${sha256.slice(0, 12)}`
}

/** What is signed so that a link may lead anywhere. A grant never reads like it: it is base64url. */
export function redirectText({ dataset, parent, field, to }: RedirectLink): string {
  return JSON.stringify(['go', dataset, parent, field, to])
}
