import type { HeaderOf } from '@trackable/protocol'
import type { Visitor } from '../event.ts'

/** A request of a visitor: of Fetch, or of Node. */
export interface AnyRequest {
  headers: { get(name: string): string | null } | Record<string, string | string[] | undefined>
  /** The far end of the connection, where that is known. */
  socket?: { remoteAddress?: string | undefined } | null
}

// Loopback, private, link-local, shared (RFC 1918, 3927, 4193, 6598): what is nearer than the visitor is a proxy.
const NEAR =
  /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1$|f[cd]|fe[89ab])/i

/**
 * Whose request it is. Each proxy writes at the end of `X-Forwarded-For` who called it, so the visitor is the last
 * there that is no private address: what a visitor writes into the header stands further to the left.
 */
export function visitorOf(request: AnyRequest): Visitor {
  const header = headersOf(request)
  const userAgent = header('user-agent')
  const forwarded = (header('x-forwarded-for') ?? '').split(',')
  const chain = [...forwarded, request.socket?.remoteAddress ?? ''].map(bareAddress).filter(Boolean)
  // Of private addresses alone, as in an intranet, the farthest.
  const address = chain.findLast((hop) => !NEAR.test(hop)) ?? chain[0]
  return { ...(userAgent && { userAgent }), ...(address && { address }) }
}

/** Reads a request's headers, by their names in small letters, wherever it is from. */
export function headersOf({ headers }: AnyRequest): HeaderOf {
  return (name) => {
    if (typeof headers.get === 'function') return (headers as Headers).get(name) ?? undefined
    const value = (headers as Record<string, string | string[] | undefined>)[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
}

/** Without port, brackets, and the prefix of an IPv4 address in IPv6; empty where it is no address. */
function bareAddress(text: string): string {
  const bare = text
    .trim()
    .replace(/^\[(.*)\].*$/, '$1')
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
  return /^[\da-f.:]{2,45}$/i.test(bare) ? bare : ''
}
