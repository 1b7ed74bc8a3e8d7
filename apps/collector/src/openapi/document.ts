import type { Dataset } from '@trackable/dataset'
import { LIMITS } from '@trackable/protocol'
import { Hono } from 'hono'
import { type Access, ROUTES } from '../access.ts'
import { parametersOf } from './parameters.ts'
import { jsonOf, responsesOf } from './responses.ts'
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
  const body = BODIES[route]
  return {
    summary: ABOUT[access],
    ...(access !== 'anyone' && { security: SCHEMES[access] ?? [{ key: [] }] }),
    parameters: parametersOf(route, names),
    ...(body && { requestBody: { required: true, ...body } }),
    responses: responsesOf(route),
  }
}

/** A write key may be in the URL of what it may read. */
const SCHEMES: Partial<Record<Access, object[]>> = { link: [{ link: [] }], read: [{ key: [] }, { link: [] }] }

const batch = { schema: { $ref: '#/components/schemas/Batch' } }
const BODIES: Readonly<Record<string, object>> = {
  'POST /v1/batches': {
    description: `At most ${LIMITS.bodyBytes} bytes, also after gunzip, and ${LIMITS.depth} levels. Content-Encoding: gzip or none.`,
    content: { 'application/json': batch, 'text/plain': batch },
  },
  'POST /v1/imports/end': jsonOf('ImportEnd'),
  'POST /v1/imports/undo': jsonOf('ImportUndo'),
}
