import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROUTES } from '../apps/collector/src/access.ts'
import { socketPath } from '../apps/collector/src/lock.ts'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { batchOf, PERSON } from './support/send.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/article.config.ts', import.meta.url))
const SHOP = 'https://shop.example'

let collector: CollectorProcess
const keys: Record<string, string> = {}

beforeAll(async () => {
  collector = await startCollector({ configFile: CONFIG, env: { FOLD_EVERY: 'off' } })
  keys.secret = (await collector.createKey('secret')).key
  keys.write = (await collector.createKey('write', { origins: [SHOP] })).key
}, 120_000)
afterAll(() => collector?.kill9())

/** What is asked of a route, beside its method: where nothing is said, its path alone. */
const ASKED: Record<string, { path?: string; body?: () => object }> = {
  'POST /v1/batches': {
    body: () =>
      batchOf('', [{ dataset: 'article', parent: '1', fields: { impressions: 1 } }], { key: undefined }),
  },
  'GET /v1/datasets/:/totals': { path: '?parent=1' },
  'GET /v1/datasets/:/series': { path: '?parent=1&grain=day&from=2026-01-01&to=2026-01-03' },
  'GET /v1/datasets/:/top': { path: '?field=impressions' },
  'GET /v1/datasets/:/badge.svg': { path: '?parent=1&field=impressions' },
  'GET /v1/live': { path: '?dataset=article' },
  'GET /v1/export/:': { path: '?grain=day' },
  'GET /v1/imports': { path: '?name=none' },
  'POST /v1/imports/end': { body: () => ({ name: 'none', generation: 0 }) },
  'POST /v1/imports/undo': { body: () => ({ name: 'none' }) },
  'POST /v1/admin/keys': { body: () => ({ kind: 'write', origins: [], datasets: [] }) },
  'POST /v1/admin/grants': {
    body: () => ({ dataset: 'article', parents: ['1'], fields: ['impressions'], seconds: 60 }),
  },
  'POST /v1/admin/spiders': { body: () => ({ agents: ['a machine'], kind: 'bot' }) },
  'POST /v1/admin/spiders/remove': { body: () => ({ agents: ['a machine'] }) },
  'POST /v1/admin/spiders/test': { body: () => ({ agents: ['a machine'] }) },
  'POST /v1/admin/log/fold': { body: () => ({}) },
  'POST /v1/admin/log/pause': { body: () => ({ paused: false }) },
  'POST /v1/admin/dead/replay': { body: () => ({}) },
  'POST /v1/admin/dead/drop': { body: () => ({}) },
  'POST /v1/admin/log/replay': { body: () => ({ from: 'start' }) },
  'POST /v1/admin/migrate': { body: () => ({ datasets: [], dryRun: true }) },
  'POST /v1/admin/query': { body: () => ({ dataset: 'article' }) },
}

interface Answer {
  status: number
  headers: Record<string, string>
}

/** Asks and gives every header that came back; the body is left alone, since a stream's has no end. */
function ask(route: string, as: 'nobody' | 'key' | 'control'): Promise<Answer> {
  const [method, pattern] = route.split(' ') as [string, string]
  const { path = '', body } = ASKED[route] ?? {}
  const values = ['article', '1', 'impressions']
  const link = ROUTES[route] === 'link'
  const query = link ? `?to=${SHOP}/${as === 'key' ? `&key=${keys.write}` : ''}` : path
  const url = pattern.replace(/:/g, () => values.shift()!).replace('*', 'x') + query
  const socket = as === 'control' ? { socketPath: control } : { host: '127.0.0.1', port: collector.port }
  const text = body && JSON.stringify(body())
  const headers: Record<string, string> = { 'user-agent': PERSON, connection: 'close' }
  if (text) headers['content-type'] = 'application/json'
  if (as === 'key' && !link) headers.authorization = `Bearer ${keys.secret}`
  return new Promise((settle, fail) => {
    const asked = request({ ...socket, method: method === 'ALL' ? 'GET' : method, path: url, headers })
    asked.once('error', fail)
    asked.once('response', (response) => {
      settle({ status: response.statusCode!, headers: response.headers as Record<string, string> })
      response.destroy()
    })
    asked.end(text)
  })
}

let control: string
/** What differs from answer to answer, or with the size of a body. */
const MASKED = ['date', 'etag', 'x-request-id', 'content-length']

function written(title: string, { status, headers }: Answer): string {
  const lines = Object.entries(headers).map(
    ([name, value]) => `  ${name}: ${MASKED.includes(name) ? '(masked)' : value}`,
  )
  return [`${title} → ${status}`, ...lines.sort()].join('\n')
}

test('every route answers with the headers that are written down, with a key and without', async () => {
  control = await socketPath(`${collector.dataDir}/trackable-data`)
  const parts: string[] = []
  for (const [route, access] of Object.entries(ROUTES)) {
    // What a command answers for a log that it does not have; a collector has one.
    if (route.startsWith('ALL ')) continue
    if (access === 'control')
      parts.push(written(`${route} on the control socket`, await ask(route, 'control')))
    else {
      parts.push(written(`${route} with a key`, await ask(route, 'key')))
      if (access !== 'anyone') parts.push(written(`${route} without`, await ask(route, 'nobody')))
    }
  }
  parts.push(written('GET /nowhere', await ask('GET /nowhere', 'nobody')))
  parts.push(written('OPTIONS /v1/batches', await ask('OPTIONS /v1/batches', 'nobody')))
  await expect(`${parts.join('\n\n')}\n`).toMatchFileSnapshot('golden/headers.txt')
}, 60_000)
