import golden from '@trackable/fixtures/signed/golden.json' with { type: 'json' }
import { expect, test } from 'vitest'
import { createKeyRing, type Key, makeKey } from './keys.ts'
import { isSignedLink, readGrant, signGrant } from './signatures.ts'

const claims = { dataset: 'article', parents: ['42'], fields: ['likes'], exp: 2_000_000_000 }
const sk = makeKey('secret', [], []).key
const bound = makeKey('secret', [], ['member']).key
const pk = makeKey('write', [], []).key
const ring = createKeyRing()
ring.replace([sk, bound, pk])

test('a grant is read back as it was signed', () => {
  expect(readGrant(ring, signGrant(sk, claims))).toEqual({ claims: { v: 1, kid: sk.id, ...claims }, key: sk })
})

test('a changed grant is none: each of its characters counts', () => {
  const grant = signGrant(sk, claims)
  for (let i = 0; i < grant.length; i++) {
    const other = grant[i] === 'A' ? 'g' : 'A'
    expect(readGrant(ring, grant.slice(0, i) + other + grant.slice(i + 1)), `character ${i}`).toBeUndefined()
  }
  const [payload, signature] = grant.split('.') as [string, string]
  for (const forged of [
    payload,
    `${payload}.`,
    `.${signature}`,
    `${grant}.${signature}`,
    `${payload}.${payload}`,
    '',
    '.',
    'x'.repeat(20_000),
  ]) {
    expect(readGrant(ring, forged)).toBeUndefined()
  }
})

test('a write key, a foreign key, and a secret key of another dataset sign nothing', () => {
  const foreign: Key = { ...makeKey('secret', [], []).key, id: sk.id }
  const byHash: Key = { ...sk, signing: Buffer.from(sk.hash, 'hex').toString('base64url') }
  for (const key of [pk, foreign, byHash, bound, { ...pk, signing: '' }]) {
    expect(readGrant(ring, signGrant(key, claims))).toBeUndefined()
  }
})

test('claims that are not whole are none', () => {
  for (const wrong of [
    { parents: [] },
    { fields: [] },
    { parents: '42' },
    { exp: '9' },
    { exp: 1.5 },
    { dataset: 1 },
    { parents: [42] },
  ]) {
    expect(readGrant(ring, signGrant(sk, { ...claims, ...(wrong as object) }))).toBeUndefined()
  }
})

test('a grant is no signature of a link', () => {
  const link = { dataset: 'article', parent: '42', field: 'likes', to: 'https://a.example/' }
  const signature = signGrant(sk, claims).split('.')[1]
  expect(isSignedLink(ring, link, `${sk.id}.${signature}`)).toBe(false)
})

test('what is signed stays the same, to the byte: grants and links outlive versions', () => {
  const key: Key = { ...sk, id: golden.kid, signing: golden.signing }
  const keys = createKeyRing()
  keys.replace([key])
  expect(signGrant(key, golden.claims)).toBe(golden.grant)
  expect(isSignedLink(keys, golden.link, golden.sig)).toBe(true)
})
