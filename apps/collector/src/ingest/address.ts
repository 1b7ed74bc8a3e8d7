import { isIP } from 'node:net'

/**
 * The address of whoever sent a request: the connection's own, or the one that the nearest of `hops` trusted proxies
 * saw. What lies further left in `X-Forwarded-For` was written by the sender, who may write anything.
 * @param hops how many proxies of your own a request passes; 0 trusts no header
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  hops: number,
): string | undefined {
  if (hops === 0 || forwardedFor === undefined) return peer
  const entries = forwardedFor.split(',')
  // Fewer than there are proxies: it came past them.
  const entry = entries[entries.length - hops]
  return (entry === undefined ? undefined : bare(entry.trim())) ?? peer
}

/** What an address shares its limit with: itself, or for IPv6 its /64, which one household or server has to itself. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return mapped
  if (isIP(address) !== 6) return address
  // The URL parser writes an address in its one form (RFC 5952); a zone such as %eth0 is none of it.
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname
    .slice(1, -1)
    .split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  if (tail !== undefined) while (groups.length + after.length < 8) groups.push('0')
  return `${[...groups, ...after].slice(0, 4).join(':')}::/64`
}

/** An entry of the header without port and brackets; undefined where it is no address. */
function bare(entry: string): string | undefined {
  const address =
    /^\[(.+)\](?::\d+)?$/.exec(entry)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(entry)?.[1] ?? entry
  return isIP(address) === 0 ? undefined : address
}
