import { expect, test } from 'vitest'
import { createKeyRing, makeKey } from '../keys.ts'
import { admit } from './admit.ts'

const ALLOWED = ['https://shop.example', 'http://localhost:3000', 'https://xn--bcher-kva.example']
const { key, secret } = makeKey('write', ALLOWED, [])
const ring = createKeyRing()
ring.replace([key])
const codeFor = (origin: string | undefined) => {
  const found = admit(ring, { authorization: undefined, key: secret, origin })
  return 'code' in found ? found.code : 'ok'
}

const schemes = [
  'http://shop.example',
  'HTTPS://shop.example',
  'wss://shop.example',
  'ftp://shop.example',
  '//shop.example',
  'shop.example',
  'https:/shop.example',
  'https:shop.example',
  'file://shop.example',
  'blob:https://shop.example',
]
const hosts = [
  'shop.example.evil.example',
  'evil-shop.example',
  'shop-example',
  'shop.example.',
  'sub.shop.example',
  'www.shop.example',
  'hop.example',
  'sshop.example',
  'shop.examplee',
  'shop.exampl',
  'SHOP.example',
  'shop.EXAMPLE',
  'shop.example%00',
  'shop.example%2eevil.example',
  'shop_example',
  'shopexample',
  'ѕhop.example',
  'shоp.example',
  'shop。example',
  'xn--shop.example',
  'bücher.example',
  'xn--bcher-kvb.example',
  '[::1]',
  '127.0.0.1',
  'localhost',
]
const rest = [
  'https://shop.example:443',
  'https://shop.example:8443',
  'https://shop.example:',
  'https://shop.example/',
  'https://shop.example/a',
  'https://shop.example?',
  'https://shop.example#',
  'https://user@shop.example',
  'https://shop.example@evil.example',
  'https://evil.example/https://shop.example',
  ' https://shop.example',
  'https://shop.example ',
  'https://shop.example,https://evil.example',
  'https://evil.example https://shop.example',
  'https://shop.example\\.evil.example',
  'http://localhost',
  'http://localhost:3001',
  'https://localhost:3000',
  'http://127.0.0.1:3000',
  'http://localhost:3000.evil.example',
  'null',
  'undefined',
  '',
  '*',
  'https://',
  'about:blank',
]
const foreign = [...schemes, ...hosts.map((host) => `https://${host}`), ...rest]

test('only the very origin may use its key', () => {
  expect(foreign.length).toBeGreaterThanOrEqual(60)
  for (const origin of foreign) expect(codeFor(origin), origin).toBe('origin')
  for (const origin of ALLOWED) expect(codeFor(origin)).toBe('ok')
})

test('a key with origins is refused where none is said, and one without takes any', () => {
  expect(codeFor(undefined)).toBe('origin')
  const open = makeKey('write', [], [])
  ring.replace([key, open.key])
  for (const origin of [undefined, 'null', 'https://anywhere.example']) {
    expect(admit(ring, { authorization: `Bearer ${open.secret}`, key: undefined, origin })).toBe(open.key)
  }
})
