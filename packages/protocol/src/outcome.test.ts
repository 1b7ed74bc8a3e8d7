import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REQUEST_CODES } from './codes.ts'
import { outcomeOf } from './outcome.ts'

const ID = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
const NOW = Date.parse('2026-11-24T10:00:00.000Z')
const outcome = (status: number, body: unknown, retryAfter: string | null = null) =>
  outcomeOf(ID, status, typeof body === 'string' ? body : JSON.stringify(body), retryAfter, NOW)
const refused = (code: string) => ({ code, message: 'why' })

describe('an answer settles a batch', () => {
  it('when it is a success with the id of the batch', () => {
    const answer = { id: ID, accepted: 2, dropped: [], rejected: [] }
    expect(outcome(202, answer)).toEqual({ kind: 'settled', answer })
    expect(outcome(200, answer)).toEqual({ kind: 'settled', answer })
  })

  it.each([
    [400, 'malformed'],
    [400, 'expired'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [413, 'too_large'],
    [415, 'unsupported'],
  ])('when it is %i %s, which no other attempt would change', (status, code) => {
    expect(outcome(status, refused(code))).toEqual({ kind: 'settled', error: refused(code) })
  })
})

describe('an answer holds the queue', () => {
  it.each([
    [401, 'unknown_key'],
    [403, 'origin'],
    [403, 'grant'],
  ])('when it is %i %s, which the developer can change', (status, code) => {
    expect(outcome(status, refused(code))).toEqual({ kind: 'held', error: refused(code) })
  })
})

describe('a batch is sent again', () => {
  const PAGE = '<!doctype html><title>Sign in</title>'
  it.each([
    ['a portal with its page', 200, PAGE],
    ['a portal with JSON of its own', 200, { ok: true }],
    ['a success with another id', 202, { id: '017f22e2-79b0-7cc3-98c4-dc0c0c073990', accepted: 1 }],
    ['a success without a body', 204, ''],
    ['a success that is cut off', 202, `{"id":"${ID}","acc`],
    ['a redirect', 302, ''],
    ['a proxy that does not know the path', 404, PAGE],
    ['a proxy that does not know the path, in JSON', 404, { message: 'not found' }],
    ['a firewall', 403, PAGE],
    ['a server that demands a password', 401, PAGE],
    ['a limit of a proxy', 413, PAGE],
    ['a code under a status that is not its own', 404, refused('malformed')],
    ['an error whose code is not in the list', 400, refused('toString')],
    ['an error whose code is no text', 400, { code: 1 }],
    ['a list', 400, ['malformed']],
    ['null', 202, null],
    ['a gateway without a server', 502, PAGE],
    ['a collector that asks for patience', 503, refused('unavailable')],
    ['a limit of the rate', 429, refused('rate_limited')],
    ['a network that failed', 0, ''],
  ])('after %s', (_what, status, body) => {
    expect(outcome(status, body)).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining(`${status}`),
    })
  })

  it.each([
    ['30', 30_000],
    ['0', 0],
    ['0.5', 500],
    [' 12 ', 12_000],
    ['Tue, 24 Nov 2026 10:00:45 GMT', 45_000],
    ['Tue, 24 Nov 2026 09:00:00 GMT', 0],
    ['-5', 0],
  ])('after the wait of Retry-After "%s": %i ms', (header, after) => {
    expect(outcome(429, refused('rate_limited'), header)).toEqual({
      kind: 'retry',
      after,
      reason: 'status 429 rate_limited',
    })
  })

  it.each([null, '', 'soon', '5 minutes', '1e400'])('in its own time where Retry-After is %o', (header) => {
    expect(outcome(503, refused('unavailable'), header)).not.toHaveProperty('after')
  })
})

it('nothing but an answer of a collector settles or holds a batch', () => {
  const statuses = fc.integer({ min: 100, max: 599 })
  fc.assert(
    fc.property(statuses, fc.oneof(fc.string(), fc.json()), (status, body) => {
      expect(outcomeOf(ID, status, body, null, NOW).kind).toBe('retry')
    }),
  )
  for (const [code, status] of Object.entries(REQUEST_CODES)) {
    const kind =
      status === 429 || status === 503
        ? 'retry'
        : /^(unknown_key|origin|grant)$/.test(code)
          ? 'held'
          : 'settled'
    expect(outcome(status, refused(code)).kind, code).toBe(kind)
  }
})
