import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { freePort } from './support/free-port.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, PERSON, send } from './support/send.ts'
import { until } from './support/until.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/article.config.ts', import.meta.url))
const MOST = '9223372036854775807'

let server: PostgresServer
let databaseUrl: string
let sql: postgres.Sql
let collector: CollectorProcess
let secret: string

beforeAll(async () => {
  server = await startPostgres()
  databaseUrl = await server.createDatabase()
  sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
  collector = await startCollector({
    configFile: CONFIG,
    databaseUrl,
    env: { FOLD_EVERY: 'off', TRACKABLE_CONFIG: CONFIG },
  })
  secret = (await collector.createKey('secret')).key
}, 120_000)
afterAll(async () => {
  await sql?.end()
  await collector?.stop()
  await server?.stop()
})

const event = (parent: string, impressions: number | string = 1) => ({
  dataset: 'article',
  parent,
  at: '2026-03-29T12:00:00Z',
  fields: { impressions },
})
const accept = async (...events: unknown[]) =>
  expect((await send(collector.url, batchOf(secret, events))).status).toBe(202)
const run = (...args: string[]) => collector.cli(args)
async function json(...args: string[]): Promise<any> {
  const { stdout, stderr, code } = await run(...args, '--json')
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout)
}

describe('an operator', () => {
  test('pauses the fold and peeks at what waits, over a restart too', async () => {
    await accept(event('a'), event('b'))
    expect(await json('fold', '--once')).toMatchObject({ events: 2, waiting: 0, paused: false })
    expect(await json('log', 'pause')).toMatchObject({ paused: true })
    await accept(event('a', 5))
    await collector.stop()
    collector = await startCollector({
      configFile: CONFIG,
      databaseUrl,
      dataDir: collector.dataDir,
      port: collector.port,
      env: { FOLD_EVERY: 'off', TRACKABLE_CONFIG: CONFIG },
    })
    expect(await json('log', 'peek', '--count', '3')).toMatchObject({
      received: 1,
      events: [{ dataset: 'article', parent: 'a', fields: { impressions: 5 }, dimensions: { country: '' } }],
    })
    expect((await run('fold', '--once')).stdout).toContain('the log is paused')
    expect(await json('log', 'status')).toMatchObject({ paused: true, waiting: 1, folded: 2 })
    expect(await json('log', 'resume')).toMatchObject({ paused: false })
    expect(await json('fold', '--once')).toMatchObject({ waiting: 0, folded: 3 })
  })

  test('folds again from an offset, and nothing counts a second time', async () => {
    const before = await json('log', 'status')
    const replayed = await json('log', 'replay', '--from', 'start')
    expect(replayed.offset).toBeNull()
    expect(await json('fold', '--once')).toMatchObject({
      ...before,
      events: expect.any(Number),
      oldestSeconds: 0,
    })
    const wrong = await run('log', 'replay', '--from', 'somewhere')
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringContaining('the log holds no record at "somewhere"'),
    ])
  })

  test('sees, replays and drops dead letters', async () => {
    await sql`alter table trackable.article add constraint small check (impressions < 1000)`
    await accept(event('c', 1), event('c', 5000), event('d', 2), event('e', 6000))
    await accept(event('f', MOST), event('f', 1), event('c', 1))
    const strict = await run('fold', '--once', '--strict')
    expect([strict.code, strict.stderr]).toEqual([1, expect.stringContaining('event 1 of the batch at')])
    await json('fold', '--once')
    const listed = (await run('dead', 'list', '--json')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(listed.map(({ code, event }) => [code, event.parent, event.fields.impressions])).toEqual([
      ['database_refused', 'c', 5000],
      ['database_refused', 'e', 6000],
      ['database_refused', 'f', MOST],
    ])
    expect(await json('dead', 'show', listed[0].id)).toMatchObject({
      message: expect.stringContaining('small'),
    })
    expect((await run('dead', 'show', '999')).stderr).toContain('no dead letter 999')
    for (const args of [[], ['abc']])
      expect(await run('dead', 'drop', ...args)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/say which|shows the ids/),
      })

    await sql`alter table trackable.article drop constraint small`
    expect(await json('dead', 'drop', listed[1].id)).toEqual({ dropped: 1 })
    expect(await json('dead', 'replay', '--dataset', 'article')).toEqual({ replayed: 1, left: 1 })
    const rows = await sql`select parent, impressions::text as n from trackable.article order by parent`
    expect(rows.map(({ parent, n }) => `${parent} ${n}`)).toEqual(['a 6', 'b 1', 'c 5002', 'd 2', 'f 1'])
    const status = await json('log', 'status')
    expect(status).toMatchObject({ dead: 2, waiting: 0 })
    expect(status.accepted).toBe(status.folded + status.dead + status.duplicates)
  })

  test('verifies the tables, and is shown a row that was changed by hand', async () => {
    expect(await run('verify')).toMatchObject({ code: 0, stdout: expect.stringContaining('ledger and log') })
    await sql`update trackable.article_by_day set impressions = impressions + 1 where parent = 'b'`
    const { code, stdout } = await run('verify')
    expect(code).toBe(1)
    expect(stdout).toContain('article_by_day.impressions sums up to')
    expect(stdout).toContain('impressions of "b" is 1 in article and 2 in article_by_day')
    await sql`update trackable.article_by_day set impressions = impressions - 1 where parent = 'b'`
    expect((await run('verify')).code).toBe(0)
  })

  test('asks the doctor', async () => {
    const { code, stdout } = await run('doctor')
    expect(stdout).toMatch(/✓ configuration +article in /)
    expect(stdout).toMatch(/✓ database +Postgres \d+, schema trackable is there/)
    expect(stdout).toMatch(/! dead letters +2 events could not be folded/)
    expect(code).toBe(0)
    const away = await collector.cli(['doctor', '--config', '/nowhere/trackable.config.ts'])
    expect([away.code, away.stdout]).toEqual([1, expect.stringMatching(/✗ configuration .*nowhere/)])
  })
})

describe('the metrics', () => {
  const metrics = async (headers: Record<string, string> = {}) => {
    const answer = await fetch(`${collector.url}/metrics`, { headers })
    return { status: answer.status, text: await answer.text() }
  }

  test('hold the identity of what became of every event', async () => {
    await send(collector.url, batchOf(secret, [event('a'), { ...event('a'), dataset: 'articel' }]))
    await send(collector.url, batchOf(secret, [{ ...event('a'), userAgent: 'Googlebot/2.1' }, event('b')]))
    const { text } = await metrics()
    const sum = (name: string) =>
      [...text.matchAll(new RegExp(`^trackable_${name}(?:\\{[^}]*\\})? (\\d+)$`, 'gm'))].reduce(
        (total, [, value]) => total + Number(value),
        0,
      )
    expect(text).toContain('trackable_rejected_total{code="unknown_dataset"} 1')
    expect(text).toContain('trackable_dropped_total{code="bot"} 1')
    expect(sum('received_total')).toBe(sum('accepted_total') + sum('rejected_total') + sum('dropped_total'))
    expect(sum('accepted_total')).toBe(
      sum('folded_total') + sum('dead_total') + sum('duplicates_total') + sum('waiting'),
    )
  })

  test('are for this machine only, unless the token is sent', async () => {
    expect((await metrics()).status).toBe(200)
    expect((await metrics({ 'x-forwarded-for': '203.0.113.7' })).status).toBe(403)
  })
})

test('an operator sees what was turned away, by minute, dataset and code', async () => {
  const rejected = { ...event('a'), fields: { nothing: 1 } }
  await accept(event('a'), rejected, rejected, { ...event('a'), dataset: 'secret@example.com' })
  const { stdout } = await run('log', 'drops', '--json')
  const seen = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const minute = expect.stringMatching(/^20.*:00\.000Z$/)
  expect(seen).toContainEqual({ minute, dataset: 'article', code: 'unknown_field', events: 2 })
  const events = expect.any(Number)
  expect(seen).toContainEqual({ minute, dataset: '', code: 'unknown_dataset', events })
  expect((await run('log', 'drops')).stdout).not.toContain('secret@')
})

test('an operator is called for damage that is found at the start', async () => {
  const calls: any[] = []
  const port = await freePort()
  const hook = createServer((request, answer) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      calls.push(JSON.parse(text))
      answer.end()
    })
  }).listen(port, '127.0.0.1')
  await collector.stop()
  writeFileSync(
    join(collector.dataDir, 'trackable-data/log/000000009999-0123456789abcdef.log'),
    'what is this',
  )
  collector = await startCollector({
    configFile: CONFIG,
    databaseUrl,
    dataDir: collector.dataDir,
    env: { TRACKABLE_CONFIG: CONFIG, ALERT_WEBHOOK: `http://127.0.0.1:${port}/` },
  })
  await until('the operator is called', () => calls.length > 0)
  expect(calls[0]).toMatchObject({
    alert: 'log_damaged',
    state: 'raised',
    message: expect.stringContaining('no readable header'),
  })
  expect((await collector.cli(['doctor'])).stdout).toMatch(/! log +1 damaged pieces/)
  expect((await send(collector.url, batchOf(secret, [event('a')]), { 'user-agent': PERSON })).status).toBe(
    202,
  )
  hook.close()
})
