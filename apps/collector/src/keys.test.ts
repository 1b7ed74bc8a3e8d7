import { expect, test } from 'vitest'
import { createKeyRing, makeKey, originOf } from './keys.ts'

test('a key ring keeps no key, only what was made from it', () => {
  const { key, secret } = makeKey('secret', [], [])
  expect(JSON.stringify(key)).not.toContain(secret.slice(3))
  const ring = createKeyRing()
  expect(ring.find(secret)).toBeUndefined()
  ring.replace([key])
  expect(ring.find(secret)).toBe(key)
  expect(ring.byId(key.id)).toBe(key)
  for (const other of [
    '',
    'sk_',
    key.hash,
    key.id,
    key.signing,
    `${secret}a`,
    secret.slice(0, -1),
    secret.toUpperCase(),
  ]) {
    expect(ring.find(other), other).toBeNull()
  }
})

test('nobody can sign with a write key, which everybody has', () => {
  expect(makeKey('write', [], []).key.signing).toBe('')
  expect(makeKey('secret', [], []).key.signing).toHaveLength(43)
})

test.each([
  ['https://shop.example', 'https://shop.example'],
  ['https://SHOP.example:443/', 'https://shop.example'],
  ['http://shop.example:8080', 'http://shop.example:8080'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
])('the origin %s is kept as a browser sends it', (text, origin) => {
  expect(originOf(text)).toBe(origin)
})

test.each([
  'shop.example',
  'https://*.shop.example',
  'https://shop.example/blog',
  'https://a@shop.example',
  'null',
])('%s is no origin, and a key for it would be for less or more than it says', (text) =>
  expect(originOf(text)).toBeUndefined(),
)

test.each([
  'ftp://shop.example',
  'file:///x',
  'https://shop.example?x',
  'https://shop.example#x',
  '',
  'https://',
])('%s is no origin', (text) => expect(originOf(text)).toBeUndefined())
