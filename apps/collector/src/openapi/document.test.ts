import { LIMITS, REJECT_CODES, REQUEST_CODES } from '@trackable/protocol'
import { expect, test } from 'vitest'
import { ROUTES } from '../access.ts'
import { article, member } from '../ingest/door.fixture.ts'
import { documentOf } from './document.ts'

const whole = documentOf([article, member], new Set(Object.keys(ROUTES))) as any

test('the document has every public route, and no administrative one', () => {
  const operations = Object.entries(whole.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map(
      (method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, ':')}`,
    ),
  )
  const wanted = Object.entries(ROUTES).flatMap(([route, access]) => (access === 'control' ? [] : [route]))
  expect(operations.sort()).toEqual(wanted.sort())
})

test('what it says of bodies, codes and datasets is what ingest checks by', () => {
  const { Batch, BatchAnswer, Error: Refused } = whole.components.schemas
  expect(Batch.properties.events.maxItems).toBe(LIMITS.events)
  expect(Batch.properties.events.items.oneOf.map((event: any) => event.properties.dataset.const)).toEqual([
    'article',
    'member',
  ])
  expect(BatchAnswer.properties.rejected.items.properties.code.enum).toEqual(REJECT_CODES)
  expect(Refused.properties.code.enum).toEqual(Object.keys(REQUEST_CODES))
  const statuses = Object.keys(whole.paths['/v1/batches'].post.responses).map(Number)
  expect(statuses).toEqual(expect.arrayContaining([202, ...Object.values(REQUEST_CODES)]))
})

test('each of its references is there', () => {
  const names = [...JSON.stringify(whole).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
    ([, name]) => name as string,
  )
  for (const name of names) expect(Object.keys(whole.components.schemas)).toContain(name)
})

test('a route that is not served is not described', () => {
  expect(Object.keys((documentOf([article], new Set(['GET /healthz'])) as any).paths)).toEqual(['/healthz'])
})
