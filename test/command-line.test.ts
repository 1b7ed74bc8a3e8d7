import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { startCommand } from './support/command.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, send } from './support/send.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/article.config.ts', import.meta.url))
const folder = () => mkdtempSync(join(tmpdir(), 'trackable-cli-'))
const trackable = (cwd: string, args: string[], env: Record<string, string> = {}) =>
  startCommand('collector', args, { cwd, env: { TRACKABLE_CONFIG: CONFIG, ...env } }).result
/** Ends a program that loads what takes long: the database, the routes, the loader of configurations. */
const LIGHT = `--import ${dataUrl(`import { register } from 'node:module'
register(${JSON.stringify(
  dataUrl(`export async function resolve(name, context, next) {
  if (/^(drizzle-orm|postgres|@electric-sql|hono|@hono|jiti)/.test(name)) throw new Error('loads ' + name)
  return next(name, context)
}`),
)})`)}`
const at = '2026-03-29T12:00:00Z'

function dataUrl(source: string): string {
  return `data:text/javascript;base64,${Buffer.from(source).toString('base64')}`
}

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())

describe('trackable init', () => {
  test('writes a configuration that serve loads, and leaves one that is there', async () => {
    const cwd = folder()
    expect((await trackable(cwd, ['init'])).code).toBe(0)
    const collector = await startCollector({ configFile: join(cwd, 'trackable.config.ts'), dataDir: cwd })
    await collector.stop()
    const again = await trackable(cwd, ['init'])
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('is there already')])
  })
})

describe.each(['postgres', 'embedded'])('the commands on %s', (kind) => {
  let collector: CollectorProcess
  const env: Record<string, string> = { BOTS: 'off' }
  const run = (args: string[]) => trackable(collector.dataDir, args, env)
  const json = async (args: string[]) => JSON.parse((await run([...args, '--json'])).stdout)

  beforeAll(async () => {
    if (kind === 'postgres') env.DATABASE_URL = await server.createDatabase()
    collector = await startCollector({ configFile: CONFIG, env: { ...env, FOLD_EVERY: 'off' } })
  }, 120_000)
  afterAll(() => collector?.stop())

  test('work while serve runs, and in the same words when it does not', async () => {
    const { key, id } = await collector.createKey('secret')
    const events = [
      { dataset: 'article', parent: 'a', at, fields: { impressions: 2 } },
      { dataset: 'article', parent: 'b', at, fields: { impressions: 3, revenue: '1.50' } },
    ]
    await send(collector.url, batchOf(key, events))
    expect(await json(['log', 'status'])).toMatchObject({ accepted: 2, waiting: 2, folded: 0 })
    expect(await json(['fold', '--once'])).toMatchObject({ events: 2, waiting: 0 })
    const rows = (await run(['query', 'article', '--top', 'impressions', '--json'])).stdout.trim().split('\n')
    expect(rows.map((row) => JSON.parse(row).parent)).toEqual(['b', 'a'])
    expect((await run(['query', 'article', '--series', 'day'])).stdout).toMatch(
      /2026-03-29 00:00 +5 +0 +0 +1\.50/,
    )
    expect((await run(['keys', 'list'])).stdout).toContain(id)
    expect((await run(['migrate', '--dry-run'])).stdout).toContain('follow the configuration already')

    await send(collector.url, batchOf(key, events))
    await collector.kill9()
    expect(await json(['log', 'status'])).toMatchObject({ accepted: 4, waiting: 2, folded: 2 })
    expect(await json(['fold', '--once'])).toMatchObject({ events: 2, waiting: 0, folded: 4 })
    expect((await run(['query', 'article', '--parent', 'b', '--json'])).stdout).toContain('"revenue":3.00')
    expect((await run(['keys', 'list'])).stdout).toContain(id)
    expect((await json(['keys', 'create', '--kind', 'write'])).key).toMatch(/^pk_/)
    collector = await startCollector({
      configFile: CONFIG,
      dataDir: collector.dataDir,
      env,
      port: collector.port,
    })
  })

  test('refuse a second collector on the same folder, naming the process, before they load what takes long', async () => {
    const light = { ...env, NODE_OPTIONS: LIGHT }
    const second = await trackable(collector.dataDir, ['serve', '--port', '0'], light)
    expect([second.code, second.stderr]).toEqual([
      1,
      expect.stringContaining(`held by process ${collector.pid}`),
    ])
    for (const args of [['--help'], ['log', 'status']]) {
      expect(await trackable(collector.dataDir, args, light)).toMatchObject({ code: 0, stderr: '' })
    }
  })

  test('keep keys hashed, and what is beside the log for this user alone', async () => {
    const { key } = await collector.createKey('write')
    const dataDir = join(collector.dataDir, 'trackable-data')
    expect(readFileSync(join(dataDir, 'keys.json'), 'utf8')).not.toContain(key)
    expect(statSync(join(dataDir, 'keys.json')).mode & 0o777).toBe(0o600)
    expect(statSync(join(dataDir, 'control.sock')).mode & 0o777).toBe(0o600)
  })

  test('take a list of more agents than a statement has parameters, again with its changes, and let go of them', async () => {
    const agents = Array.from({ length: 66_000 }, (_, i) => `Crawler "${i}", {of\\many}/1.0`)
    const list = join(folder(), 'agents.txt')
    writeFileSync(list, agents.join('\n'))
    for (const more of [[], ['--person']]) {
      expect((await run(['spiders', 'import', list, ...more])).stdout).toBe('66000 in your list\n')
    }
    expect((await run(['spiders', 'test', agents[65_999] as string])).stdout).toMatch(/^person {2}operator:/)
    expect((await run(['spiders', 'remove', agents[0] as string, 'nobody'])).stdout).toBe('removed 1\n')
    const listed = (await run(['spiders', 'list', '--json'])).stdout.trim().split('\n')
    expect([listed.length, JSON.parse(listed[0] as string).kind]).toEqual([65_999, 'person'])
  }, 60_000)

  test('say what is thought of an agent also where BOTS=off takes everybody', async () => {
    const { key } = await collector.createKey('write')
    const event = { dataset: 'article', parent: 'm', fields: { impressions: 1 } }
    const { body } = await send(collector.url, batchOf(key, [event]), { 'user-agent': 'Googlebot/2.1' })
    expect(body.accepted).toBe(1)
    expect((await run(['spiders', 'test', 'Googlebot/2.1'])).stdout).toMatch(/^bot /)
  })

  test.each([
    [['query', 'artcle'], 1, 'did you mean "article"'],
    [['query', 'article', '--top', 'impresions'], 1, 'did you mean "impressions"'],
    [['keys', 'revoke', 'key_none'], 1, 'keys list'],
    [['keys', 'create', '--kind', 'public'], 2, 'write, secret'],
    [['keys', 'create', '--kind', 'write', '--origin', 'example'], 1, 'https://example.com'],
    [['keys', 'create', '--kind', 'write', '--dataset', 'artcle'], 1, 'did you mean "article"'],
    [['spiders', 'import', 'nowhere.txt'], 1, 'nowhere.txt cannot be read'],
    [['spiders', 'test', '--file', 'nowhere.txt'], 1, 'nowhere.txt cannot be read'],
    [['fold'], 2, '--once'],
    [['fold', '--once', '--max-events', '0'], 2, '1 or more'],
    [['serv'], 2, 'serve'],
  ])('answer %j with exit code %i and say what to do', async (args, code, message) => {
    const result = await run(args)
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(message)])
  })
})

describe('serve', () => {
  test('stops at a configuration with a mistake, before it makes anything', async () => {
    const cwd = folder()
    const wrong = await trackable(cwd, ['serve', '--config', 'nowhere.ts'])
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('nowhere.ts')])
    expect(existsSync(join(cwd, 'trackable-data'))).toBe(false)
  })

  test('reports every wrong setting at once and exits 2', async () => {
    const wrong = await trackable(folder(), ['serve', '--port', 'x'], { FOLD_EVERY: 'often' })
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/PORT is "x".*\n.*FOLD_EVERY/s)])
  })

  test('ends quietly where whoever reads has enough, as in "| head"', async () => {
    const main = fileURLToPath(new URL('../apps/collector/dist/main.js', import.meta.url))
    const child = spawn(process.execPath, [main, 'doctor'], { cwd: folder() })
    child.stdout.destroy()
    let said = ''
    child.stderr.on('data', (text) => {
      said += text
    })
    expect([await once(child, 'close'), said]).toEqual([[0, null], ''])
  })

  test('shows the SQL of a migration on an empty database, and applies it', async () => {
    const env = { DATABASE_URL: await server.createDatabase() }
    const cwd = folder()
    const plan = await trackable(cwd, ['migrate', '--dry-run'], env)
    expect(plan.stdout).toContain('create table if not exists "trackable"."article_by_day"')
    expect((await trackable(cwd, ['migrate'], env)).stdout).toContain('done: create table article')
    expect((await trackable(cwd, ['migrate'], env)).stdout).toContain('already')
  })

  test('takes events while Postgres is away, and folds them when it is back', async () => {
    const databaseUrl = await server.createDatabase()
    const collector = await startCollector({ configFile: CONFIG, databaseUrl })
    const { key } = await collector.createKey('secret')
    await server.kill()
    const event = { dataset: 'article', parent: 'a', at, fields: { impressions: 1 } }
    for (let i = 0; i < 5; i++) expect((await send(collector.url, batchOf(key, [event]))).status).toBe(202)
    await collector.kill9()
    const restarted = await startCollector({ configFile: CONFIG, databaseUrl, dataDir: collector.dataDir })
    expect((await send(restarted.url, batchOf(key, [event]))).status).toBe(202)
    await server.restart()
    await expect
      .poll(
        async () => JSON.parse((await restarted.cli(['log', 'status', '--json'])).stdout || '{}').folded,
        { timeout: 30_000 },
      )
      .toBe(6)
    await restarted.stop()
  })
})
