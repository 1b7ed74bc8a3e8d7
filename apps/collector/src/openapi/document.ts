import type { Dataset } from '@trackable/dataset'
import { LIMITS, REQUEST_CODES } from '@trackable/protocol'
import { Hono } from 'hono'
import { type Access, ROUTES } from '../access.ts'
import { schemasOf } from './schemas.ts'

/** What parameters in a path are called, in their order. */
const NAMES = ['dataset', 'parent', 'field']
const ABOUT: Record<Access, string> = {
  anyone: 'For anyone.',
  write: 'With a write key or a secret key.',
  link: 'With a write key in the query.',
  secret: 'With a secret key.',
  read: 'With a secret key, or a write key for what is in public.read.',
  operator: 'From the same machine, or with the DASHBOARD_TOKEN.',
  control: 'Over the control socket alone.',
}
const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })

/** `GET /openapi.json`: the protocol, so that a client in any language can be written. */
export function createOpenApiRoute(datasets: readonly Dataset[], served: () => ReadonlySet<string>): Hono {
  let text: string | undefined
  return new Hono().get('/openapi.json', (c) => {
    text ??= JSON.stringify(documentOf(datasets, served()))
    return c.body(text, 200, { 'Content-Type': 'application/json' })
  })
}

/** The protocol as OpenAPI 3.1 has it: the routes that are served, by the table of who may call them. */
export function documentOf(datasets: readonly Dataset[], served: ReadonlySet<string>): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const [route, access] of Object.entries(ROUTES)) {
    if (access === 'control' || !served.has(route)) continue
    const [method, pattern] = route.split(' ') as [string, string]
    let next = 0
    const path = pattern.replace(/:/g, () => `{${NAMES[next++]}}`)
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(route, access, NAMES.slice(0, next)) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Trackable', version: '1', license: { name: 'MIT', identifier: 'MIT' } },
    paths,
    components: {
      schemas: schemasOf(datasets),
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer' },
        link: { type: 'apiKey', in: 'query', name: 'key' },
      },
    },
  }
}

function operationOf(route: string, access: Access, names: string[]): object {
  const inPath = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
  const query = route.includes('/go/') ? ['key', 'to', 'sig'] : access === 'link' ? ['key'] : []
  const inQuery = query.map((name) => ({
    name,
    in: 'query',
    required: name !== 'sig',
    schema: { type: 'string' },
  }))
  const batch = route === 'POST /v1/batches'
  return {
    summary: ABOUT[access],
    ...(access !== 'anyone' && { security: [access === 'link' ? { link: [] } : { key: [] }] }),
    parameters: [...inPath, ...inQuery],
    ...(batch && { requestBody: requestBody() }),
    responses: { ...(batch ? accepted() : { '2XX': { description: 'the answer' } }), ...refusals() },
  }
}

function requestBody(): object {
  const content = { 'application/json': { schema: ref('Batch') }, 'text/plain': { schema: ref('Batch') } }
  const description = `At most ${LIMITS.bodyBytes} bytes, also after gunzip, and ${LIMITS.depth} levels. Content-Encoding: gzip or none.`
  return { required: true, description, content }
}

function accepted(): object {
  return { 202: { description: 'on disk; what became of each event', ...json(ref('BatchAnswer')) } }
}

/** Each status of a refusal with its codes. */
function refusals(): Record<string, object> {
  const byStatus = new Map<number, string[]>()
  for (const [code, status] of Object.entries(REQUEST_CODES)) {
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const entries = [...byStatus].map(([status, codes]) => [
    status,
    { description: codes.join(', '), ...json(ref('Error')) },
  ])
  return Object.fromEntries(entries)
}
