import { createHmac, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { networkOf } from './address.ts'

/** Bounds how much one sender may send. */
export interface RateLimit {
  /** Takes so many events of a key and address; gives the seconds to wait where they are refused. */
  take(keyId: string, address: string | undefined, events: number, now: number): number | undefined
}

const MOST_SENDERS = 50_000

/**
 * A token bucket for each key and address (IPv6 by /64), as the generic cell rate algorithm has it (ITU-T I.371): one
 * number each, the time at which the bucket is full again. It holds one second's worth. A batch is taken whole while
 * there is a token, and what it took too much is waited for, so that no batch is too large for its bucket.
 *
 * Bounded (guarantee 6): 50,000 senders, the ones not seen for longest are forgotten. Addresses are kept as hashes
 * under a key of this process (guarantee 8). Tested in rate.test.ts.
 * @param perSecond events; null for no limit
 */
export function createRateLimit(perSecond: number | null, mostSenders = MOST_SENDERS): RateLimit {
  if (perSecond === null) return { take: () => undefined }
  const fullAt = new LRUCache<string, number>({ max: mostSenders })
  const secret = randomBytes(32)
  const msPerEvent = 1000 / perSecond
  return {
    take(keyId, address, events, now) {
      const network = address === undefined ? '' : networkOf(address)
      const sender = createHmac('sha256', secret)
        .update(`${keyId} ${network}`)
        .digest('base64url')
        .slice(0, 16)
      const full = Math.max(fullAt.get(sender) ?? 0, now)
      if (full - now >= 1000) return Math.max(1, Math.ceil((full - now - 1000 + msPerEvent) / 1000))
      fullAt.set(sender, full + Math.max(events, 1) * msPerEvent)
      return undefined
    },
  }
}
