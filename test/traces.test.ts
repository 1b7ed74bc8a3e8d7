import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { freePort } from './support/free-port.ts'
import { batchOf, PERSON, send } from './support/send.ts'
import { until } from './support/until.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/article.config.ts', import.meta.url))
const SENTINEL = 'sentinel-77'

interface Span {
  name: string
  traceId: string
  spanId: string
  parentSpanId?: string
  attributes: { key: string; value: Record<string, unknown> }[]
}

const spans: Span[] = []
let received = ''
const receiver = createServer((request, answer) => {
  let text = ''
  request.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  request.on('end', () => {
    received += text
    for (const { scopeSpans } of JSON.parse(text).resourceSpans)
      for (const scope of scopeSpans) spans.push(...scope.spans)
    answer.setHeader('content-type', 'application/json').end('{}')
  })
})
let collector: CollectorProcess
afterAll(async () => {
  await collector?.kill9()
  receiver.close()
})

test('a batch can be followed from its request to the log, and a fold to its commit', async () => {
  const port = await freePort()
  receiver.listen(port, '127.0.0.1')
  collector = await startCollector({
    configFile: CONFIG,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_SERVICE_NAME: 'counts',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      FOLD_EVERY: '1s',
    },
  })
  const { key } = await collector.createKey('write')
  const event = { dataset: 'article', parent: SENTINEL, fields: { impressions: 1 } }
  const headers = { 'user-agent': `${PERSON} ${SENTINEL}`, 'x-request-id': 'followed-1' }
  expect((await send(collector.url, batchOf(key, [event]), headers)).status).toBe(202)
  await fetch(`${collector.url}/v1/hit/article/${SENTINEL}/impressions?key=${key}`, { headers })
  await until('all steps are told', () =>
    ['append', 'commit', 'fold'].every((name) => spans.some((span) => span.name === name)),
  )
  await collector.stop()

  const facts = ({ attributes }: Span) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
  const request = spans.find((span) => facts(span)['trackable.request_id'] === 'followed-1')!
  expect(facts(request)).toEqual({
    'http.route': 'POST /v1/batches',
    'http.response.status_code': 202,
    'trackable.request_id': 'followed-1',
  })
  const append = spans.find(({ name, parentSpanId }) => name === 'append' && parentSpanId === request.spanId)!
  expect(append.traceId).toBe(request.traceId)
  expect(facts(append)).toEqual({ 'trackable.events': 1 })
  const commits = spans.filter(({ name }) => name === 'commit')
  const folds = spans.filter(({ name }) => name === 'fold').map(({ spanId }) => spanId)
  for (const { parentSpanId } of commits) expect(folds).toContain(parentSpanId)
  // What lay idle is not told: a fold that found nothing.
  expect(folds.length).toBeLessThanOrEqual(commits.length)
  expect(spans.map((span) => facts(span)['http.route'])).toContain('GET /v1/hit/:dataset/:parent/:field')
  expect(received).toContain('counts')
  for (const secret of [SENTINEL, key]) expect(received).not.toContain(secret)
}, 120_000)
