import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { signGrant } from './grant.ts'
import { signRedirect } from './redirect.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../../../fixtures/signed/golden.json', import.meta.url), 'utf8'),
)
const request = { dataset: 'article', parents: ['42'], fields: ['likes'], for: '1h' }

test('a grant is signed as the collector signs it, to the byte', async () => {
  const { dataset, parents, fields, exp } = golden.claims
  vi.useFakeTimers({ now: exp * 1000 - 3_600_000, toFake: ['Date'] })
  expect(await signGrant(golden.key, { dataset, parents, fields, for: '1h' })).toBe(golden.grant)
  vi.useRealTimers()
})

test('a link is signed as the collector checks it, to the byte', async () => {
  const place = { endpoint: 'https://stats.example.com/', key: 'pk_x' }
  const url = new URL(await signRedirect(golden.key, { ...place, ...golden.link }))
  expect(url.origin + url.pathname).toBe('https://stats.example.com/v1/go/article/%C3%BC%2F%207/likes')
  expect(Object.fromEntries(url.searchParams)).toEqual({ key: 'pk_x', to: golden.link.to, sig: golden.sig })
})

test('a write key signs nothing, since everybody has it', async () => {
  await expect(signGrant('pk_public', request)).rejects.toThrow('only a secret key signs')
})

test.each([
  ['no parent', { parents: [] }, 'at least one'],
  ['no field', { fields: [] }, 'at least one'],
  ['no time', { for: '0s' }, 'expected a duration'],
  ['a time that is none', { for: 'soon' }, 'expected a duration'],
  ['more than is read', { parents: Array.from({ length: 2000 }, (_, i) => `parent ${i}`) }, 'name fewer'],
])('a grant of %s is not signed', async (_, change, message) => {
  await expect(signGrant(golden.key, { ...request, ...change })).rejects.toThrow(message)
})

test.each(['javascript:alert(1)', '/relative', '//host', 'https://', ''])(
  'a link to "%s" is not signed',
  async (to) => {
    const link = { endpoint: 'https://s.example', key: 'pk_x', dataset: 'a', parent: '1', field: 'f', to }
    await expect(signRedirect(golden.key, link)).rejects.toThrow('expected an absolute http or https URL')
  },
)
