import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { visitorOf } from './visitor.ts'

const HUMAN = 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0'

/** The address of a request that came from a peer, with what its proxies wrote. */
function addressOf(peer: string | undefined, forwarded?: string | string[]): string | undefined {
  const headers = { 'x-forwarded-for': forwarded }
  return visitorOf({ headers, socket: { remoteAddress: peer } }).address
}

describe('the visitor of a request', () => {
  test('is read from a Request of Fetch', () => {
    const headers = { 'User-Agent': HUMAN, 'X-Forwarded-For': '203.0.113.7' }
    const request = new Request('https://example.com', { headers })
    expect(visitorOf(request)).toEqual({ userAgent: HUMAN, address: '203.0.113.7' })
    expect(visitorOf(new Request('https://example.com'))).toEqual({})
  })

  test('is read from an IncomingMessage of Node', () => {
    const request = { headers: { 'user-agent': HUMAN }, socket: { remoteAddress: '203.0.113.7' } }
    expect(visitorOf(request as IncomingMessage)).toEqual({ userAgent: HUMAN, address: '203.0.113.7' })
  })

  test.each([
    ['the peer', '203.0.113.7', undefined, '203.0.113.7'],
    [
      'the peer, where it is no proxy of ours, whatever it says',
      '203.0.113.7',
      '198.51.100.1',
      '203.0.113.7',
    ],
    ['whom a proxy of ours names', '127.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['the last that is no private address', '10.0.0.2', '6.6.6.6, 203.0.113.7, 10.0.0.1', '203.0.113.7'],
    ['the same over several headers', '::1', ['6.6.6.6', '203.0.113.7'], '203.0.113.7'],
    ['the farthest of an intranet', '10.0.0.2', '192.168.1.5, 10.0.0.1', '192.168.1.5'],
    ['in IPv6', 'fd00::1', '2001:db8::7', '2001:db8::7'],
    ['in IPv6 with brackets and a port', '127.0.0.1', '[2001:db8::7]:443', '2001:db8::7'],
    ['in IPv4 with a port', '127.0.0.1', '203.0.113.7:50123', '203.0.113.7'],
    ['in IPv4 that came by IPv6', '::ffff:203.0.113.7', undefined, '203.0.113.7'],
    ['nobody', undefined, 'unknown, <script>', undefined],
  ])('has the address of %s', (_whose, peer, forwarded, expected) => {
    expect(addressOf(peer, forwarded)).toBe(expected)
  })
})
