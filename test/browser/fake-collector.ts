import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WireBatch } from '@trackable/protocol'

/** How it treats the next requests. */
export type Mood =
  | 'accepts'
  | 'is down'
  | 'is unavailable'
  | 'loses answers'
  | 'is slow'
  | 'is busy'
  | 'is limited'
  | 'is a portal'
  | 'is being deployed'
  | 'is behind a firewall'
  | 'knows only the new key'
  | 'forbids'

/** A collector that misbehaves when told, with what it has taken. It also serves the page under test. */
export interface FakeCollector {
  origin: string
  mood: Mood
  /** Requests that arrived, also those that came to nothing. */
  requests: { at: number; id: string }[]
  /** Parents of the events of each batch that it took, by the batch's id; a repeat changes nothing. */
  taken: Map<string, string[]>
  /** Bodies that came again under an id with other events than before. */
  changed: string[]
  /** Bodies as they came. */
  bodies: string[]
  /** Every parent that was counted, as often as it was. */
  counted(): string[]
  close(): Promise<void>
}

/** The key that is known after the old one was revoked. */
export const NEW_KEY = 'pk_2'

const PAGE = '<!doctype html><title>Not the collector</title>'
// What somebody between page and collector answers: without the headers that let another origin read it.
const IN_BETWEEN: Partial<Record<Mood, [number, string]>> = {
  'is a portal': [200, PAGE],
  'is being deployed': [404, PAGE],
  'is behind a firewall': [403, PAGE],
}
const REFUSALS: Partial<Record<Mood, [number, string, Record<string, string>]>> = {
  'is unavailable': [503, 'unavailable', {}],
  'is busy': [503, 'unavailable', { 'retry-after': '3' }],
  'is limited': [429, 'rate_limited', { 'retry-after': '2' }],
  forbids: [403, 'forbidden', {}],
}
const SLOW = 10_000

/** Starts one on a free port. `files` are served by their path. */
export async function startFakeCollector(files: Record<string, string>): Promise<FakeCollector> {
  const seen = new Map<string, string>()
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    if (request.method === 'GET') return serve(response, path, files[path])
    const body = await bodyOf(request)
    if (body === undefined) return
    const batch = JSON.parse(body) as WireBatch
    const events = JSON.stringify(batch.events)
    if ((seen.get(batch.id) ?? events) !== events) fake.changed.push(body)
    seen.set(batch.id, events)
    fake.bodies.push(body)
    fake.requests.push({ at: Date.now(), id: batch.id })
    answer(response, batch, fake.mood)
  })
  function answer(response: ServerResponse, { id, events, key }: WireBatch, mood: Mood): void {
    const between = IN_BETWEEN[mood]
    if (mood === 'is down') return void response.destroy()
    if (between) return void response.writeHead(between[0], { 'content-type': 'text/html' }).end(between[1])
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-expose-headers', 'retry-after')
    const unknown = mood === 'knows only the new key' && key !== NEW_KEY
    const refusal = unknown ? ([401, 'unknown_key', {}] as const) : REFUSALS[mood]
    if (refusal) {
      const [status, code, headers] = refusal
      return void response.writeHead(status, headers).end(JSON.stringify({ code, message: mood }))
    }
    fake.taken.set(id, fake.taken.get(id) ?? events.map(({ parent }) => String(parent)))
    if (mood === 'loses answers') return void response.destroy()
    const text = JSON.stringify({ id, accepted: events.length, dropped: [], rejected: [] })
    setTimeout(() => response.writeHead(202).end(text), mood === 'is slow' ? SLOW : 0)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const fake: FakeCollector = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mood: 'accepts',
    requests: [],
    taken: new Map(),
    changed: [],
    bodies: [],
    counted: () => [...fake.taken.values()].flat(),
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return fake
}

/** The body, or nothing where the page went away in the middle of it. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  try {
    let body = ''
    for await (const chunk of request) body += chunk
    return body
  } catch {
    return undefined
  }
}

function serve(response: ServerResponse, path: string, file: string | undefined): void {
  if (path === '/isolated.html') {
    // Clocks are finer there.
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    response.setHeader('cross-origin-embedder-policy', 'require-corp')
  }
  const type = path.endsWith('.js') ? 'text/javascript' : 'text/html'
  response.writeHead(file === undefined ? 404 : 200, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy':
      "default-src 'none'; script-src 'self'; connect-src *; require-trusted-types-for 'script'",
  })
  response.end(file)
}
