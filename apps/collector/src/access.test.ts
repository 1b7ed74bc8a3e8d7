import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { declared } from './access.ts'

const ok = () => new Response('ok')

test('a route that nobody has decided on is not served', () => {
  expect(() => declared(new Hono().get('/v1/secrets', ok), 'public')).toThrow(
    'GET /v1/secrets is not in access.ts',
  )
  expect(() => declared(new Hono().post('/metrics', ok), 'public')).toThrow('POST /metrics')
  expect(() => declared(new Hono().get('/constructor', ok), 'public')).toThrow('not in access.ts')
})

test('an administrative route is never served where the public ones are, nor the other way round', () => {
  expect(() => declared(new Hono().get('/v1/admin/keys', ok), 'public')).toThrow('is for control')
  expect(() => declared(new Hono().get('/metrics', ok), 'control')).toThrow('is for operator')
})

test('declared routes are served, whatever their parameters are called', () => {
  const app = new Hono().use(async (_, next) => next()).get('/v1/datasets/:any/badge.svg', ok)
  expect(declared(app, 'public')).toBe(app)
})
