import { readdirSync, readFileSync } from 'node:fs'
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

const parametersIn = (route: string, place: string): string[] => {
  const [method, path] = route.split(' ') as [string, string]
  const { parameters } = whole.paths[path][method.toLowerCase()]
  return parameters.filter((one: any) => one.in === place).map((one: any) => one.name)
}

test.each([
  ['POST /v1/batches', ['dry']],
  ['GET /v1/imports', ['name', 'after']],
  ['GET /v1/datasets/{dataset}/totals', ['parent', 'fields', 'by', 'quantiles', 'bigint']],
  [
    'GET /v1/datasets/{dataset}/top',
    ['field', 'grain', 'from', 'to', 'fields', 'by', 'quantiles', 'limit', 'cursor', 'bigint'],
  ],
  ['GET /v1/export/{dataset}', ['grain', 'format', 'cursor', 'fields', 'quantiles']],
  ['GET /v1/go/{dataset}/{parent}/{field}', ['to', 'sig']],
])('%s takes %j', (route, names) => {
  expect(parametersIn(route, 'query')).toEqual(names)
})

test('every parameter that a route asks for by name is described', () => {
  const described = new Set(
    Object.keys(whole.paths).flatMap((path) =>
      Object.keys(whole.paths[path]).flatMap((method) => parametersIn(`${method} ${path}`, 'query')),
    ),
  )
  const folders = ['../read/', '../ingest/'].map((name) => new URL(name, import.meta.url))
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => new URL(name, folder)))
  const asked = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/(?:req\.quer(?:y|ies)\(|onlyQuery\(c, )'(\w+)'\)/g)].map(
      ([, name]) => name as string,
    ),
  )
  expect(asked.length).toBeGreaterThan(15)
  // The key is in what the document says of security.
  for (const name of asked) if (name !== 'key') expect([...described]).toContain(name)
})

test('answers that are not 200 are what a client gets', () => {
  const statuses = (path: string, method = 'get') => Object.keys(whole.paths[path][method].responses)
  expect(statuses('/v1/batches', 'post')).toEqual(expect.arrayContaining(['200', '202']))
  expect(statuses('/v1/go/{dataset}/{parent}/{field}')).toContain('302')
  expect(statuses('/v1/hit/{dataset}/{parent}/{field}')).toContain('204')
  for (const methods of Object.values(whole.paths))
    for (const { responses } of Object.values(methods as object)) expect(responses).not.toHaveProperty('2XX')
})

test('an import is described as ingest checks it, and a parent that is text may be a number', () => {
  const { properties } = whole.components.schemas.Batch
  expect(properties.import.properties.generation.multipleOf).toBe(2)
  expect(properties.id.description).toMatch(/UUIDv7.*UUIDv8/)
  expect(properties.events.items.oneOf[0].properties.parent.oneOf).toContainEqual({ type: 'integer' })
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
