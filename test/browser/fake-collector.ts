import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WireBatch } from '@trackable/protocol'

/** How it treats the next requests. */
export type Mood = 'accepts' | 'is down' | 'loses answers' | 'is busy' | 'is a portal'

/** A collector that misbehaves when told, with what it has taken. It also serves the page under test. */
export interface FakeCollector {
  origin: string
  mood: Mood
  /** Requests that arrived, also those that came to nothing. */
  requests: { at: number; id: string }[]
  /** Parents of the events of each batch that it took, by the batch's id; a repeat changes nothing. */
  taken: Map<string, string[]>
  /** Every parent that was counted, as often as it was. */
  counted(): string[]
  close(): Promise<void>
}

/** Starts one on a free port. `files` are served by their path. */
export async function startFakeCollector(files: Record<string, string>): Promise<FakeCollector> {
  const requests: FakeCollector['requests'] = []
  const taken: FakeCollector['taken'] = new Map()
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    if (request.method === 'GET') return serve(response, path, files[path])
    let body = ''
    for await (const chunk of request) body += chunk
    const batch = JSON.parse(body) as WireBatch
    requests.push({ at: Date.now(), id: batch.id })
    answer(response, batch)
  })
  function answer(response: ServerResponse, { id, events }: WireBatch): void {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-expose-headers', 'retry-after')
    if (fake.mood === 'is down') return void response.destroy()
    if (fake.mood === 'is a portal') return void response.writeHead(200).end('<html>Welcome</html>')
    if (fake.mood === 'is busy') {
      return void response
        .writeHead(503, { 'retry-after': '3' })
        .end('{"code":"unavailable","message":"busy"}')
    }
    taken.set(id, taken.get(id) ?? events.map(({ parent }) => String(parent)))
    if (fake.mood === 'loses answers') return void response.destroy()
    response.writeHead(202).end(JSON.stringify({ id, accepted: events.length, dropped: [], rejected: [] }))
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const fake: FakeCollector = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mood: 'accepts',
    requests,
    taken,
    counted: () => [...taken.values()].flat(),
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return fake
}

function serve(response: ServerResponse, path: string, file: string | undefined): void {
  const type = path.endsWith('.js') ? 'text/javascript' : 'text/html'
  response.writeHead(file === undefined ? 404 : 200, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy':
      "default-src 'none'; script-src 'self'; connect-src *; require-trusted-types-for 'script'",
  })
  response.end(file)
}
