import { type Context, Hono } from 'hono'
import { refusalAnswer } from '../answer.ts'
import type { Key } from '../keys.ts'
import { destinationOf } from './destination.ts'
import type { Door } from './door.ts'
import { countedBy, decideLink, keepLink, linkKey, onlyQuery, requestOf } from './link.ts'

/** Most clicks whose writing is awaited at once; past them clicks are lost, so that a stuck disk fills no memory. */
const MOST_UNDER_WAY = 10_000

/** Told of a click that was not counted, and why: the visitor is on the way and cannot be asked to try again. */
export type OnLost = (reason: 'log' | 'rate_limited' | 'rejected') => void

/**
 * `GET /v1/go/:dataset/:parent/:field?key=&to=`: counts and redirects. The answer waits for no disk and no database:
 * a click that cannot be written is lost and told. HEAD, prefetches and machines are redirected and not counted.
 */
export function createGoRoute(door: Door, onLost: OnLost): Hono {
  let underWay = 0

  async function count(key: Key, c: Context): Promise<void> {
    const request = requestOf(c)
    if (c.req.method === 'HEAD') return
    if (door.refuseRate(key, request, 1)) return onLost('rate_limited')
    const decided = decideLink(door, key, request, countedBy(c))
    if ('code' in decided) return onLost('rejected')
    if (underWay >= MOST_UNDER_WAY) return onLost('log')
    underWay++
    try {
      if (await keepLink(door, decided)) onLost('log')
    } finally {
      underWay--
    }
  }

  return new Hono().get('/v1/go/:dataset/:parent/:field', (c) => {
    const key = linkKey(door, c)
    if ('code' in key) return refusalAnswer(key)
    const to = destinationOf(door.keys, key, countedBy(c), onlyQuery(c, 'to'), onlyQuery(c, 'sig'))
    if (typeof to !== 'string') return refusalAnswer(to)
    count(key, c).catch(() => onLost('log'))
    return c.body(null, 302, { Location: to, 'Cache-Control': 'no-store' })
  })
}
