import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createTracker as createPageTracker } from './browser.ts'
import { createTracker } from './node.ts'
import { createMemoryTransport } from './transport/memory.ts'

const options = { endpoint: 'http://127.0.0.1:9', key: 'sk_1' }

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('createTracker', () => {
  test('the same endpoint and key give the living tracker, others another one', async () => {
    const one = createTracker(options)
    expect(createTracker({ ...options, endpoint: 'http://127.0.0.1:9/' })).toBe(one)
    const others = [createTracker({ ...options, key: 'sk_2' }), createTracker({ ...options, path: '/t' })]
    expect(new Set([one, ...others]).size).toBe(3)
    await Promise.all([one, ...others].map((tracker) => tracker.close()))
    const next = createTracker(options)
    expect(next).not.toBe(one)
    await next.close()
  })

  test('on a server close tries until nothing waits', async () => {
    const transport = createMemoryTransport()
    transport.answer({ kind: 'retry', reason: 'down' }, { kind: 'retry', reason: 'down' })
    const tracker = createTracker({ ...options, transport })
    tracker.increment('article', '42', 'impressions')
    expect(await tracker.close()).toEqual({ sent: 1, pending: 0 })
    expect(transport.attempts).toHaveLength(3)
  })

  test('close on a server counts what is sent while it waits to try again', async () => {
    const transport = createMemoryTransport()
    transport.answer({ kind: 'retry', reason: 'down' })
    // Again after a tenth of two seconds, before the next flush.
    vi.spyOn(Math, 'random').mockReturnValue(0.1)
    const tracker = createTracker({ ...options, transport })
    tracker.increment('article', '42', 'impressions')
    expect(await tracker.close()).toEqual({ sent: 1, pending: 0 })
    expect(transport.attempts).toHaveLength(2)
  })

  test('the tracker of pages does no harm on a server, and says where it stores nothing', async () => {
    const transport = createMemoryTransport()
    const errors: string[] = []
    const tracker = createPageTracker({
      ...options,
      transport,
      onError: ({ code }) => errors.push(code),
    })
    tracker.increment('article', '42', 'impressions')
    expect(await tracker.close()).toEqual({ sent: 1, pending: 0 })
    expect(errors).toContain('store')
  })

  test('a process that tracked sends it and ends by itself', async () => {
    const bodies: string[] = []
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      bodies.push(body)
      response
        .writeHead(202)
        .end(JSON.stringify({ id: JSON.parse(body).id, accepted: 1, dropped: [], rejected: [] }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const code = `
      import { createTracker } from '${new URL('./node.ts', import.meta.url)}'
      const tracker = createTracker({ endpoint: '${endpoint}', key: 'sk_1', flushEvery: 100 })
      tracker.increment('article', '42', 'impressions')`
    const child = spawn(
      process.execPath,
      ['--conditions=@trackable/source', '--import=tsx', '--input-type=module', '--eval', code],
      { stdio: 'inherit' },
    )
    const ended = await new Promise((resolve) => child.on('exit', resolve))
    server.close()
    expect(ended).toBe(0)
    expect(bodies).toHaveLength(1)
  })
})
