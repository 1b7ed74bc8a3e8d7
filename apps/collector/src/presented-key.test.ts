import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { createKeyRing, makeKey } from './keys.ts'
import { bearerOf } from './presented-key.ts'
import { readerKey } from './read/access.ts'

const write = makeKey('write', [], [])
const secret = makeKey('secret', [], [])
const keys = createKeyRing()
keys.replace([write.key, secret.key])

async function shown(query: string, authorization?: string): Promise<string> {
  const app = new Hono().get('/', (c) => {
    const key = readerKey(c, keys)
    return c.text('code' in key ? key.code : key.kind)
  })
  return (await app.request(`/?${query}`, { headers: authorization ? { authorization } : {} })).text()
}

test('a secret key is taken from the header, and not from a URL', async () => {
  expect(await shown('', `Bearer ${secret.secret}`)).toBe('secret')
  expect(await shown(`key=${secret.secret}`)).toBe('forbidden')
  expect(await shown(`key=${write.secret}`)).toBe('write')
})

test('of two keys in a URL none is taken', async () => {
  expect(await shown(`key=${write.secret}&key=${write.secret}`)).toBe('malformed')
  expect(await shown(`key=pk_no&key=${write.secret}`)).toBe('malformed')
})

test('no key, an empty one and an unknown one are told apart from none that is loaded yet', async () => {
  for (const query of ['', 'key=', 'key=pk_no']) expect(await shown(query)).toBe('unknown_key')
  const app = new Hono().get('/', (c) => {
    const key = readerKey(c, createKeyRing())
    return c.text('code' in key ? key.code : key.kind)
  })
  expect(await (await app.request('/?key=pk_no')).text()).toBe('unavailable')
})

test('a header bears one word of the scheme Bearer', () => {
  expect([bearerOf('Bearer a'), bearerOf('bearer  a '), bearerOf('BEARER a')]).toEqual(['a', 'a', 'a'])
  for (const none of [undefined, '', 'Bearer', 'Bearer ', 'Basic a', 'Bearer a b', 'xBearer a']) {
    expect(bearerOf(none)).toBeUndefined()
  }
})
