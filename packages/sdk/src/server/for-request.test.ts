import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WireEvent } from '@trackable/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTracker, type ServerTracker } from '../node.ts'
import { createMemoryTransport, type MemoryTransport } from '../transport/memory.ts'

const HUMAN = 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0'
const visitor = { userAgent: HUMAN, address: '203.0.113.7' }

let transport: MemoryTransport
let tracker: ServerTracker<undefined>

beforeEach(() => {
  transport = createMemoryTransport()
  tracker = createTracker<undefined>({ endpoint: 'http://127.0.0.1:9', key: 'sk_request', transport })
})
afterEach(() => tracker.close())

async function sent(): Promise<WireEvent[]> {
  await tracker.flush()
  return transport.attempts.flatMap(({ events }) => JSON.parse(events))
}

function requestOf(headers: Record<string, string> = {}): Request {
  const all = { 'user-agent': HUMAN, 'x-forwarded-for': '203.0.113.7', ...headers }
  return new Request('https://example.com', { headers: all })
}

describe('a tracker for a request', () => {
  test('passes user agent and address on with every event', async () => {
    const own = tracker.forRequest(requestOf())
    own.increment('article', '42', 'views')
    own.decrement('article', '42', 'likes', 2)
    own.record('article', '42', { readers: ['v1'] }, { dimensions: { country: 'DE' } })
    expect(await sent()).toEqual([
      expect.objectContaining({ fields: { views: 1 }, ...visitor }),
      expect.objectContaining({ fields: { likes: -2 }, ...visitor }),
      expect.objectContaining({ fields: { readers: ['v1'] }, dimensions: { country: 'DE' }, ...visitor }),
    ])
  })

  test('keeps visitors apart, and leaves the events of the server itself alone', async () => {
    tracker.forRequest(requestOf()).increment('article', '42', 'views')
    tracker.forRequest(requestOf({ 'x-forwarded-for': '203.0.113.8' })).increment('article', '42', 'views')
    tracker.increment('article', '42', 'views')
    expect((await sent()).map(({ address }) => address)).toEqual(['203.0.113.7', '203.0.113.8', undefined])
  })

  test.each([
    ['Global Privacy Control', { 'sec-gpc': '1' }],
    ['Do Not Track', { dnt: '1' }],
  ])(
    'passes under %s neither address nor inputs of uniques on, and counts all the same',
    async (_what, headers) => {
      tracker.forRequest(requestOf(headers)).record('article', '42', { views: 1, readers: ['v1'] })
      const [event] = await sent()
      expect(event).toMatchObject({ fields: { views: 1 }, userAgent: HUMAN })
      expect(event).not.toHaveProperty('address')
    },
  )

  test('keeps to the rule of pages: no array at any depth, and nothing of what had nothing else', async () => {
    const own = tracker.forRequest(requestOf({ 'sec-gpc': '1' }))
    own.record('article', '42', { answers: { list: [1], n: 1 } })
    own.record('article', '42', { readers: ['v1'] })
    expect((await sent()).map(({ fields }) => fields)).toEqual([{ answers: { n: 1 } }])
  })

  test('has a consent of its own, and its end is not that of the process', async () => {
    const [own, other] = [tracker.forRequest(requestOf()), tracker.forRequest(requestOf())]
    own.setConsent('pending')
    own.increment('article', 'waits', 'views')
    other.increment('article', 'other', 'views')
    expect((await sent()).map(({ parent }) => parent)).toEqual(['other'])
    own.setConsent('granted')
    await own.close()
    own.setConsent('denied')
    own.increment('article', 'denied', 'views')
    tracker.increment('article', 'server', 'views')
    expect((await sent()).map(({ parent }) => parent)).toEqual(['other', 'waits', 'server'])
  })

  test('tracks nothing of a prefetch', async () => {
    tracker.forRequest(requestOf({ 'sec-purpose': 'prefetch;prerender' })).increment('article', '42', 'views')
    expect(await sent()).toEqual([])
  })

  test('takes what Node gives a listener', async () => {
    const server = createServer((request, response) => {
      tracker.forRequest(request).increment('article', '42', 'views')
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      headers: { 'user-agent': HUMAN },
    })
    server.close()
    expect(await sent()).toEqual([expect.objectContaining({ userAgent: HUMAN, address: '127.0.0.1' })])
  })
})
