import { randomInt } from 'node:crypto'
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
 * Bounded (guarantee 6): 50,000 senders, the ones not seen for longest are forgotten. Addresses are kept as numbers
 * that another process would make others of (guarantee 8). Tested in rate.test.ts.
 * @param perSecond events; null for no limit
 */
export function createRateLimit(perSecond: number | null, mostSenders = MOST_SENDERS): RateLimit {
  if (perSecond === null) return { take: () => undefined }
  const fullAt = new LRUCache<number, number>({ max: mostSenders })
  const seed = randomInt(2 ** 32)
  const msPerEvent = 1000 / perSecond
  return {
    take(keyId, address, events, now) {
      const network = address === undefined ? '' : networkOf(address)
      const sender = numberOf(`${keyId} ${network}`, seed)
      const full = Math.max(fullAt.get(sender) ?? 0, now)
      const early = full - now - (1000 - msPerEvent)
      // Not zero: a third of a second added up three times is a little more than one.
      if (early > 0.001) return Math.max(1, Math.ceil(early / 1000))
      fullAt.set(sender, full + Math.max(events, 1) * msPerEvent)
      return undefined
    },
  }
}

/**
 * A number of 53 bits that texts hardly share (cyrb53 by bryc, public domain). It need not withstand anybody: whoever
 * could read it could read the seed beside it, and a keyed hash was measured at twenty microseconds.
 */
function numberOf(text: string, seed: number): number {
  let a = 0xdeadbeef ^ seed
  let b = 0x41c6ce57 ^ seed
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (b & 2097151) + (a >>> 0)
}
