import { type Context, Hono } from 'hono'
import { type Refusal, refusalAnswer, refuse } from '../answer.ts'
import { refuseOrigin } from './admit.ts'
import type { Door } from './door.ts'
import type { Rejection } from './events.ts'
import { countedBy, decideLink, keepLink, linkKey, requestOf } from './link.ts'

/** A transparent GIF of one pixel: the 43 bytes that every browser and mail program draws as nothing. */
const PIXEL = Buffer.from('R0lGODlhAQABAPAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64')
const NEVER_CACHED = {
  'Cache-Control': 'no-store, no-cache, must-revalidate, private',
  Expires: '0',
  Pragma: 'no-cache',
}

/**
 * `GET /v1/hit/:dataset/:parent/:field` and `…/pixel.gif`: for pages without script, and mails. Each request counts
 * once it is on disk; a HEAD request is answered and counts nothing.
 */
export function createHitRoutes(door: Door): Hono {
  return new Hono()
    .get(
      '/v1/hit/:dataset/:parent/:field',
      async (c) => (await count(door, c)) ?? c.body(null, 204, NEVER_CACHED),
    )
    .get('/v1/hit/:dataset/:parent/:field/pixel.gif', async (c) => {
      const refused = await count(door, c)
      return refused ?? c.body(PIXEL, 200, { 'Content-Type': 'image/gif', ...NEVER_CACHED })
    })
}

async function count(door: Door, c: Context): Promise<Response | undefined> {
  const leave = door.admission.enter(0)
  if (!leave) return refusalAnswer(refuse('unavailable', 'more requests are under way than fit; try again'))
  try {
    const refused = await counted(door, c)
    return refused && refusalAnswer(refused)
  } finally {
    leave()
  }
}

async function counted(door: Door, c: Context): Promise<Refusal | undefined> {
  const request = requestOf(c)
  const key = linkKey(door, c)
  if ('code' in key) return key
  // An image and a mail send no origin; a script of another site does.
  const origin = request.header('origin')
  const refused = (origin !== undefined && refuseOrigin(key, origin)) || door.refuseRate(key, request, 1)
  if (refused) return refused
  if (c.req.method === 'HEAD') return undefined
  const decided = decideLink(door, key, request, countedBy(c))
  return 'code' in decided ? refusalOf(decided) : keepLink(door, decided)
}

/** What a rejected event is as the answer to a request that is nothing but it. */
function refusalOf({ code, message }: Rejection): Refusal {
  if (code === 'unknown_dataset' || code === 'unknown_field') return refuse('not_found', message)
  return refuse(code === 'not_public' ? 'forbidden' : 'malformed', message)
}
