import { type Refusal, refuse } from '../answer.ts'
import type { Key, KeyRing } from '../keys.ts'
import { isSignedLink } from '../signatures.ts'
import type { Counted } from './link.ts'

const MOST_CHARACTERS = 4096
/** Begins as an absolute URL does to every reader, browsers that correct what they read among them. */
const ABSOLUTE = /^https?:\/\/[^/\\?#@]/i
/** What URL parsers leave out, or take for something else: controls, rare spaces, backslashes. */
const CORRECTED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\\]/u

/**
 * Where a redirect may lead, as the URL parser writes it. Guarantee 7: to an origin of the key, or wherever a valid
 * secret key has signed; never on a guess. Tested in go.test.ts, "no form of a foreign address is followed".
 */
export function destinationOf(
  keys: KeyRing,
  key: Key,
  counted: Counted,
  to: string | undefined,
  sig: string | undefined,
): string | Refusal {
  if (to === undefined) return refuse('malformed', 'to is missing, or there more than once')
  const url = to.length <= MOST_CHARACTERS && ABSOLUTE.test(to) && !CORRECTED.test(to) ? parse(to) : undefined
  if (!url) return refuse('malformed', 'to is no absolute http or https URL')
  if (key.origins.includes(url.origin)) return url.href
  if (sig !== undefined && isSignedLink(keys, { ...counted, to }, sig)) return url.href
  return refuse('forbidden', 'to leads to an origin that this key does not name, and is not signed for it')
}

function parse(to: string): URL | undefined {
  if (!URL.canParse(to)) return undefined
  const url = new URL(to)
  const web = url.protocol === 'https:' || url.protocol === 'http:'
  return web && url.username === '' && url.password === '' ? url : undefined
}
