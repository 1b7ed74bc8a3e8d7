import { expect, test } from 'vitest'
import { clientAddress, networkOf } from './address.ts'

test.each([
  [0, '9.9.9.9', '10.0.0.1'],
  [1, '9.9.9.9', '9.9.9.9'],
  [1, '1.1.1.1, 9.9.9.9', '9.9.9.9'],
  [2, '1.1.1.1, 9.9.9.9, 10.0.0.2', '9.9.9.9'],
  [2, '9.9.9.9', '10.0.0.1'],
  [1, '9.9.9.9:4711', '9.9.9.9'],
  [1, '[2001:db8::1]:4711', '2001:db8::1'],
  [1, 'unknown', '10.0.0.1'],
  [1, '', '10.0.0.1'],
  [3, 'a, b, c', '10.0.0.1'],
])('behind %i proxies "%s" comes from %s', (hops, header, address) => {
  expect(clientAddress('10.0.0.1', header, hops)).toBe(address)
})

test('what a sender writes itself changes nothing', () => {
  const spoofed = Array.from({ length: 50 }, (_, i) => `1.2.3.${i}`)
  for (const said of spoofed) expect(clientAddress('10.0.0.1', `${said}, 9.9.9.9`, 1)).toBe('9.9.9.9')
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s shares its limit as %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
