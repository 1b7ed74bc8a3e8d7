import type { Context } from 'hono'

const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i
/** What proxies add. */
const FORWARDED = [
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-original-host',
]

/**
 * Whether a request was made on this machine, of a collector that listens on loopback alone. A proxy on the same
 * machine makes its requests there for others: it is known by the headers that proxies add, by the name that it was
 * called by, and by HTTP/1.0, which only proxies still speak (that of nginx, where it is told nothing else, adds no
 * header and says `Host: 127.0.0.1`). Guarantee 7. Tested in local.test.ts.
 */
export function isLocal(c: Context): boolean {
  const headers = c.req.header()
  const { incoming } = (c.env ?? {}) as { incoming?: { httpVersion?: string } }
  return (
    LOCAL_HOST.test(headers.host ?? '') &&
    incoming?.httpVersion !== '1.0' &&
    !Object.keys(headers).some((name) => name.startsWith('x-forwarded') || FORWARDED.includes(name))
  )
}
