import { Hono } from 'hono'
import { expect, test } from 'vitest'
import type { Report } from './report.ts'
import { requestIdOf, watchRequests } from './request-log.ts'
import { noTraces } from './traces.ts'

const UUID = /^[0-9a-f-]{36}$/

function watched() {
  const said: unknown[][] = []
  const report: Report = (...line) => said.push(line)
  const app = new Hono().use(watchRequests(report, noTraces))
  app.get('/fine/:who', (c) => c.text('ok'))
  app.get('/refused/:who', (c) => c.json({ code: 'malformed', message: `not ${c.req.param('who')}` }, 400))
  app.get('/away/:who', (c) => c.json({ code: 'unavailable', message: 'the log is full' }, 503))
  app.get('/plain/:who', () => new Response('ok'))
  app.get('/broken/:who', () => {
    throw new Error('it broke', { cause: new Error('at the bottom') })
  })
  app.onError((_, c) => c.json({ code: 'unavailable', message: 'try again' }, 503))
  const inAnother = new Hono().route('/stats', app)
  return { app, inAnother, said }
}

test('a request keeps a well-formed name, and gets one otherwise', () => {
  for (const good of ['a', 'req-1.2=3_4', 'x'.repeat(128)]) expect(requestIdOf(good)).toBe(good)
  for (const bad of [undefined, '', 'x'.repeat(129), 'a b', 'a\nb', 'ä', '"', ['a', 'b'], 'a,b'])
    expect(requestIdOf(bad)).toMatch(UUID)
})

test('every answer gives the name back', async () => {
  const { app } = watched()
  for (const path of ['/fine/x', '/plain/x', '/refused/x', '/away/x', '/broken/x', '/nowhere']) {
    const given = await app.request(path, { headers: { 'x-request-id': 'given-1' } })
    expect(given.headers.get('x-request-id')).toBe('given-1')
    expect((await app.request(path)).headers.get('x-request-id')).toMatch(UUID)
  }
})

test('a request that fails is one line by its route, with nothing that it sent', async () => {
  for (const prefix of ['', '/stats']) {
    const { app, inAnother, said } = watched()
    const asked = prefix ? inAnother : app
    const headers = { 'x-request-id': 'r' }
    for (const path of ['fine', 'refused', 'away', 'broken'])
      await asked.request(`${prefix}/${path}/sentinel?key=sentinel`, { headers })
    if (!prefix) await asked.request('/sentinel?sentinel', { headers })
    const facts = (route: string, status: number, code: string) => ({
      requestId: 'r',
      route: `GET ${prefix}${route}`,
      status,
      code,
    })
    expect(said.slice(0, 3)).toEqual([
      ['debug', `GET ${prefix}/refused/:who: 400 malformed`, facts('/refused/:who', 400, 'malformed')],
      ['warn', `GET ${prefix}/away/:who: 503 the log is full`, facts('/away/:who', 503, 'unavailable')],
      ['error', `GET ${prefix}/broken/:who: at the bottom`, facts('/broken/:who', 503, 'unavailable')],
    ])
    expect(said).toHaveLength(prefix ? 3 : 4)
    expect(JSON.stringify(said)).not.toContain('sentinel')
  }
})
