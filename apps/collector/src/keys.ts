import { createHash, createHmac, randomBytes } from 'node:crypto'
import { keyIdOf, SIGNING_LABEL } from '@trackable/protocol'

/** What a key may do: `write` is public and may only write, `secret` may write everything and read. */
export type KeyKind = 'write' | 'secret'

/** A key as it is kept: never itself, only what was made from it. */
export interface Key {
  /** Begins as the SHA-256 of the key does, so that whoever has the key knows it. */
  id: string
  kind: KeyKind
  /** SHA-256 of the key, in hex. */
  hash: string
  /** What checks the signatures of a secret key, in base64url; empty for a write key, which anyone could sign with. */
  signing: string
  /** Origins that may use it, exactly; empty for any. */
  origins: string[]
  /** Datasets that it may touch; empty for all. */
  datasets: string[]
}

/** The keys that are valid now. */
export interface KeyRing {
  /** The key that was presented, null where there is none such, undefined while no list is loaded. */
  find(presented: string): Key | null | undefined
  /** The key of that id; undefined where there is none such, or no list is loaded. */
  byId(id: string): Key | undefined
  replace(keys: Key[]): void
}

/** A key ring that is not loaded yet: while that is so a collector answers 503, since a 401 makes clients drop. */
export function createKeyRing(): KeyRing {
  let byHash: Map<string, Key> | undefined
  let ids = new Map<string, Key>()
  return {
    // Guarantee 7: found by its hash and never compared itself, so that the time it takes says nothing about a key.
    // Tested in keys.test.ts, "a key ring keeps no key, only what was made from it".
    find: (presented) => byHash && (byHash.get(hashOf(presented)) ?? null),
    byId: (id) => ids.get(id),
    replace(keys) {
      byHash = new Map(keys.map((key) => [key.hash, key]))
      ids = new Map(keys.map((key) => [key.id, key]))
    },
  }
}

/** Makes a key: what is kept of it, and the key itself, which is shown once. */
export function makeKey(kind: KeyKind, origins: string[], datasets: string[]): { key: Key; secret: string } {
  const secret = `${kind === 'write' ? 'pk' : 'sk'}_${randomBytes(24).toString('base64url')}`
  const hash = hashOf(secret)
  const signing =
    kind === 'secret' ? createHmac('sha256', secret).update(SIGNING_LABEL).digest('base64url') : ''
  return { key: { id: keyIdOf(hash), kind, hash, signing, origins, datasets }, secret }
}

/** An origin as browsers send it; undefined where the text is none, or more than one (a path, a user, a wildcard). */
export function originOf(text: string): string | undefined {
  if (!URL.canParse(text) || /[\s*\\?#]/.test(text)) return undefined
  const { origin, protocol, pathname, username, password } = new URL(text)
  if (pathname !== '/' || username || password) return undefined
  return protocol === 'https:' || protocol === 'http:' ? origin : undefined
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}
