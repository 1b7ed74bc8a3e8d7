import { keyIdOf, SIGNING_LABEL } from '@trackable/protocol'

/** Signs texts with a secret key; `kid` names the key to whoever checks. */
export interface Signer {
  kid: string
  sign(text: string): Promise<string>
}

/**
 * Creates what signs with a secret key, by WebCrypto alone: the same on Node, Deno, Bun and at the edge.
 * @throws Error where the key is none of a server: signing with a public key would let anyone sign
 */
export async function createSigner(secretKey: string): Promise<Signer> {
  if (!secretKey?.startsWith('sk_')) {
    throw new Error(`only a secret key signs; this one begins with "${String(secretKey).slice(0, 3)}"`)
  }
  const derived = await hmac(utf8(secretKey), SIGNING_LABEL)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(secretKey)))
  return {
    kid: keyIdOf([...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')),
    sign: async (text) => base64url(await hmac(derived, text)),
  }
}

/** Bytes in base64url, without padding. */
export function base64url(bytes: Uint8Array): string {
  const binary = [...bytes].map((byte) => String.fromCharCode(byte)).join('')
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** A text's bytes. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, utf8(text)))
}
