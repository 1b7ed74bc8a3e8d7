import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sealBatch } from '../import/identity.ts'
import { createCollector } from './client.ts'

const batch = sealBatch({ name: 'n', generation: 0, from: 0, to: 1 }, [])
const taken = { id: batch.id, accepted: 0, dropped: [], rejected: [] }
type Reply = [status: number, body: object | string, retryAfter?: string]
let server: Server
let replies: Reply[] = []
let asked: string[] = []

beforeAll(async () => {
  server = createServer((request, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url}`)
    const [status, body, retryAfter] = replies.shift() ?? [503, 'nothing is left to say']
    if (retryAfter) response.setHeader('Retry-After', retryAfter)
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

function collectorWith(answers: Reply[], path = '') {
  replies = answers
  asked = []
  const { port } = server.address() as AddressInfo
  return createCollector({ url: `http://127.0.0.1:${port}${path}`, key: 'sk_1', patience: 1_500 })
}

describe('a collector', () => {
  it('is asked again, as soon as it said, with the same batch', async () => {
    const collector = collectorWith([
      // First, because without Retry-After each further wait may be twice as long.
      [502, '<html>'],
      [503, { code: 'unavailable', message: '' }, '0'],
      [429, { code: 'rate_limited', message: '' }, '0'],
      [202, taken],
    ])
    expect(await collector.send(batch)).toEqual(taken)
    expect(asked).toEqual(Array(4).fill('POST /v1/batches'))
  })

  it('says duplicate for what it had before, and not for what this very call sent', async () => {
    const duplicate = { ...taken, duplicate: true }
    expect(await collectorWith([[202, duplicate]]).send(batch)).toEqual(duplicate)
    expect(
      await collectorWith([
        [502, ''],
        [202, duplicate],
      ]).send(batch),
    ).toEqual(taken)
  })

  it.each([
    [400, 'malformed'],
    [401, 'unknown_key'],
    [403, 'forbidden'],
    [413, 'too_large'],
  ])('that refuses with %i %s ends the run', async (status, code) => {
    const refusal: Reply = [status, { code, message: 'why' }]
    const error = { code: 'refused', message: expect.stringContaining(`${code}: why`) }
    await expect(collectorWith([refusal]).send(batch)).rejects.toMatchObject(error)
    await expect(collectorWith([refusal]).datasets()).rejects.toMatchObject(error)
  })

  it('that is none is found out, and named', async () => {
    const page: Reply[] = Array(50).fill([404, '<html>'])
    await expect(collectorWith(page).datasets()).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/127\.0\.0\.1.*status 404, and no JSON.*run the same command again/),
    })
    const nobody = createCollector({ url: 'http://127.0.0.1:1', key: 'k', patience: 100 })
    await expect(nobody.datasets()).rejects.toMatchObject({ code: 'unreachable' })
  })

  it('that asks for patience gets it, also before its first answer', async () => {
    const waiting: Reply = [503, { code: 'unavailable', message: '' }, '1']
    expect(await collectorWith([waiting, [200, { datasets: [] }]]).datasets()).toEqual([])
  })

  it('tells the parts of an import page by page, below the path that its address has', async () => {
    const page = { name: 'a b', generation: 2, parts: [], next: null }
    const collector = collectorWith(
      [
        [200, { imports: [page] }],
        [200, { imports: [] }],
      ],
      '/stats',
    )
    expect(await collector.knownParts('a b', 7)).toEqual(page)
    expect(await collector.knownParts('c', 0)).toBeUndefined()
    expect(asked).toEqual(['GET /stats/v1/imports?name=a+b&after=7', 'GET /stats/v1/imports?name=c&after=0'])
  })
})
