import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { isLocal } from './local.ts'

const app = new Hono().get('/', (c) => c.text(String(isLocal(c))))

async function ask(headers: Record<string, string>, httpVersion = '1.1'): Promise<string> {
  const answer = await app.request('/', { headers }, { incoming: { httpVersion } })
  return answer.text()
}

test.each(['localhost', 'localhost:8787', '127.0.0.1:8787', '[::1]:8787', 'LOCALHOST'])(
  '%s is local',
  async (host) => {
    expect(await ask({ host })).toBe('true')
  },
)

test.each([
  'stats.example.com',
  'localhost.example.com',
  '127.0.0.1.example.com',
  '127.0.0.2',
  '10.0.0.1',
  '',
])(
  'a request to "%s" is not local: it was sent on by a proxy, or by a page whose name points here',
  async (host) => expect(await ask({ host })).toBe('false'),
)

test.each([
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Anything',
  'Forwarded',
  'Via',
  'X-Real-IP',
  'CF-Connecting-IP',
  'True-Client-IP',
])('a request with %s is not local', async (name) => {
  expect(await ask({ host: 'localhost', [name]: '127.0.0.1' })).toBe('false')
})

test('nginx that is told nothing else adds no header, and is known by its HTTP/1.0', async () => {
  expect(await ask({ host: '127.0.0.1:8787' }, '1.0')).toBe('false')
})
