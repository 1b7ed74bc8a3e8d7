import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createBrowserTransport, createServerTransport } from './fetch.ts'
import { attemptOf, describeTransport, type FarEnd } from './transport.contract.ts'

interface Received {
  method: string | undefined
  headers: IncomingMessage['headers']
  body: Record<string, unknown>
}

const servers: Server[] = []
const received: Received[] = []

afterEach(async () => {
  received.length = 0
  vi.unstubAllGlobals()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function listen(answer: (response: ServerResponse, body: Record<string, unknown>) => void) {
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const body = JSON.parse(text)
    received.push({ method: request.method, headers: request.headers, body })
    answer(response, body)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/batches`
}

function collector(farEnd: FarEnd): Promise<string> {
  return listen((response, { id }) => {
    if (farEnd === 'breaks') return response.destroy()
    if (farEnd === 'accepts') {
      return response.writeHead(202).end(JSON.stringify({ id, accepted: 1, dropped: [], rejected: [] }))
    }
    if (farEnd === 'is busy') {
      return response.writeHead(503, { 'retry-after': '5' }).end('{"code":"unavailable","message":"busy"}')
    }
    return response.writeHead(401).end('{"code":"unknown_key","message":"no such key"}')
  })
}

describe('the transport of pages', () => {
  describeTransport(async (farEnd) => createBrowserTransport(await collector(farEnd)))

  test('key and grant are in the body, which is text that needs no preflight', async () => {
    await createBrowserTransport(await collector('accepts')).send(attemptOf({ grant: 'g' }))
    const [{ method, headers, body } = {} as Received] = received
    const { id, key, sentAt, events } = attemptOf()
    expect(body).toEqual({ v: 1, id, key, grant: 'g', sentAt, events: JSON.parse(events) })
    expect([method, headers['content-type'], headers.authorization]).toEqual([
      'POST',
      'text/plain;charset=UTF-8',
      undefined,
    ])
  })

  test('a page that is left sends a beacon; one that is refused goes by fetch', async () => {
    const beacons: unknown[][] = []
    const taken = [true, false]
    const sendBeacon = (...beacon: unknown[]) => beacons.push(beacon) > 0 && taken.shift()
    vi.stubGlobal('navigator', { sendBeacon })
    const transport = createBrowserTransport(await collector('accepts'))
    expect(await transport.send(attemptOf({ leaving: true }))).toEqual({ kind: 'unknown' })
    expect(await transport.send(attemptOf({ leaving: true }))).toMatchObject({ kind: 'settled' })
    expect(beacons.map(([, body]) => JSON.parse(body as string).id)).toEqual(Array(2).fill(attemptOf().id))
    expect(received).toHaveLength(1)
  })

  test.each([
    ['a portal’s page', 200, '<html>Welcome</html>'],
    ['another batch’s answer', 202, '{"id":"other","accepted":1}'],
    ['a proxy’s 404', 404, '<html>Not found</html>'],
    ['a 404 of another service', 404, '{"error":"no route"}'],
    ['a gateway’s 502', 502, ''],
  ])('%s is tried again', async (_what, status, body) => {
    const url = await listen((response) => response.writeHead(status).end(body))
    expect(await createBrowserTransport(url).send(attemptOf())).toMatchObject({ kind: 'retry' })
  })
})

describe('the transport of servers', () => {
  describeTransport(async (farEnd) => createServerTransport(await collector(farEnd)))

  test('the key is in a header and not in the body', async () => {
    await createServerTransport(await collector('accepts')).send(attemptOf({ key: 'sk_1' }))
    expect(received[0]?.headers.authorization).toBe('Bearer sk_1')
    expect(received[0]?.body).not.toHaveProperty('key')
  })
})
