import { REQUEST_CODES } from '@trackable/protocol'

/** A body in JSON of a named schema. */
export const jsonOf = (name: string) => ({
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
})

const WHERE = { Location: { description: 'where it leads', schema: { type: 'string', format: 'uri' } } }

/** The answers of routes that have others than 200. */
const ANSWERS: Readonly<Record<string, Record<string, object>>> = {
  'POST /v1/batches': {
    202: { description: 'on disk; what became of each event', ...jsonOf('BatchAnswer') },
    200: { description: 'with dry: nothing was changed; what would have been', ...jsonOf('DryAnswer') },
  },
  'GET /v1/hit/:/:/:': { 204: { description: 'on disk' } },
  'GET /v1/go/:/:/:': { 302: { description: 'counted, where it can be, and redirected', headers: WHERE } },
}

/** What a route answers, and each status of a refusal with its codes. */
export function responsesOf(route: string): Record<string, object> {
  const byStatus = new Map<number, string[]>()
  for (const [code, status] of Object.entries(REQUEST_CODES)) {
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const refusals = [...byStatus].map(([status, codes]) => [
    status,
    { description: codes.join(', '), ...jsonOf('Error') },
  ])
  return { ...(ANSWERS[route] ?? { 200: { description: 'the answer' } }), ...Object.fromEntries(refusals) }
}
