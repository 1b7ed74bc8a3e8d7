import { createHash, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { readMirror, writeMirror } from './mirror.ts'

/** What a key may do: `write` is public and may only write, `secret` may write everything and read. */
export type KeyKind = 'write' | 'secret'

/** A key as it is kept: never itself, only the SHA-256 of it. */
export interface Key {
  id: string
  kind: KeyKind
  hash: string
  /** Origins that may use it, exactly; empty for any. */
  origins: string[]
  /** Datasets that it may touch; empty for all. */
  datasets: string[]
}

/** The keys that are valid now. */
export interface KeyRing {
  /** The key that was presented, null where there is none such, undefined while no list is loaded. */
  find(presented: string): Key | null | undefined
  replace(keys: Key[]): void
}

const REMEMBERED_KEYS = 1000

/** A key ring that is not loaded yet: while that is so a collector answers 503, since a 401 makes clients drop. */
export function createKeyRing(): KeyRing {
  let byHash: Map<string, Key> | undefined
  // Hashing a key took a thirtieth of a small request. Only those that were found are remembered.
  const found = new LRUCache<string, Key>({ max: REMEMBERED_KEYS })
  return {
    // Looked up by its hash, so that the time it takes says nothing about the keys themselves.
    find(presented) {
      if (!byHash) return undefined
      const key = found.get(presented) ?? byHash.get(hashOf(presented))
      if (!key) return null
      found.set(presented, key)
      return key
    },
    replace(keys) {
      byHash = new Map(keys.map((key) => [key.hash, key]))
      found.clear()
    },
  }
}

/** Makes a key: what is kept of it, and the key itself, which is shown once. */
export function makeKey(kind: KeyKind, origins: string[], datasets: string[]): { key: Key; secret: string } {
  const secret = `${kind === 'write' ? 'pk' : 'sk'}_${randomBytes(24).toString('base64url')}`
  const id = `key_${randomBytes(6).toString('hex')}`
  return { key: { id, kind, hash: hashOf(secret), origins, datasets }, secret }
}

/** An origin as browsers send it; undefined where the text is none. */
export function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { origin, protocol } = new URL(text)
  return protocol === 'https:' || protocol === 'http:' ? origin : undefined
}

/** Keeps the keys beside the log, synced, so that ingest knows them while the database is away. */
export async function mirrorKeys(path: string, keys: Key[]): Promise<void> {
  await writeMirror(path, JSON.stringify(keys))
}

/** The mirrored keys; undefined where there is no mirror. */
export async function mirroredKeys(path: string): Promise<Key[] | undefined> {
  const text = await readMirror(path)
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch (error) {
    throw new Error(`the mirror of the keys in ${path} cannot be read; delete it and start again`, {
      cause: error,
    })
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}
