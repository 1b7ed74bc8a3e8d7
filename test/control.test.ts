import { execFile } from 'node:child_process'
import { chmodSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { defineConfig } from '@trackable/dataset'
import article from '@trackable/fixtures/datasets/article.config.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROUTES } from '../apps/collector/src/access.ts'
import { LISTS_EVERY } from '../apps/collector/src/db/prepare.ts'
import { socketPath } from '../apps/collector/src/lock.ts'
import { openCollector } from '../apps/collector/src/open/open-collector.ts'
import { readSettings } from '../apps/collector/src/settings.ts'
import { startCommand } from './support/command.ts'
import { askControl } from './support/control.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, PERSON } from './support/send.ts'
import { tempDir } from './support/temp-dir.ts'
import { until } from './support/until.ts'

const config = defineConfig({ datasets: article.datasets })
const TOKEN = 'the-token-of-the-dashboard'

let postgres: PostgresServer
let databaseUrl: string
let first: Running
let second: Running

interface Running {
  folder: string
  collector: Awaited<ReturnType<typeof openCollector>>
}

beforeAll(async () => {
  postgres = await startPostgres()
  databaseUrl = await postgres.createDatabase()
  first = await open()
  second = await open()
}, 120_000)
afterAll(async () => {
  await first?.collector.close()
  await second?.collector.close()
  await postgres?.stop()
})

async function open(): Promise<Running> {
  const folder = tempDir('control').path
  const flags = { log_url: `file://${folder}/log`, database_url: databaseUrl, fold_every: 'off' }
  const collector = await openCollector(readSettings(flags, { DASHBOARD_TOKEN: TOKEN }), config, {
    purpose: 'serve',
    report: () => undefined,
    onFatal: (error) => expect.fail(error.message),
  })
  return { folder, collector }
}

/** The status of a call over the control socket. */
async function overSocket(method: string, path: string): Promise<number> {
  const socket = await socketPath(first.folder)
  return new Promise((settle, fail) => {
    const asked = request({ socketPath: socket, method, path, headers: { connection: 'close' } })
    asked.once('error', fail)
    asked.once('response', (response) => settle(response.resume().statusCode!))
    asked.end(method === 'GET' || method === 'DELETE' ? undefined : '{}')
  })
}

const pathOf = (route: string) => {
  const [method, pattern] = route.split(' ') as [string, string]
  return [method, pattern.replace(/:/g, 'x').replace('*', 'x')] as const
}
const routes = (of: (access: string) => boolean) =>
  Object.entries(ROUTES).flatMap(([route, access]) =>
    of(access) && !route.startsWith('ALL ') ? [route] : [],
  )

describe('the administrative routes', () => {
  test.each(routes((access) => access === 'control'))('%s is answered on the socket', async (route) => {
    const status = await overSocket(...pathOf(route))
    // Only the key that is to be revoked is not there.
    expect(status).not.toBe(route.startsWith('DELETE') ? 200 : 404)
    expect(status).toBeLessThan(500)
  })

  test.each(routes((access) => access !== 'control'))('%s is not', async (route) => {
    expect(await overSocket(...pathOf(route))).toBe(404)
  })

  test.each(routes((access) => access === 'control'))('%s is nobody’s over the network', async (route) => {
    const kinds = ['write', 'secret'].map(async (kind) => (await create(kind)).key)
    const here = { host: 'localhost:8787' }
    const forwarded = { 'x-forwarded-for': '127.0.0.1', via: '1.1 proxy' }
    const bearers = [...(await Promise.all(kinds)), TOKEN]
    for (const headers of [
      here,
      { ...here, ...forwarded },
      ...bearers.flatMap((bearer) => {
        const key = { ...here, authorization: `Bearer ${bearer}` }
        return [key, { ...key, ...forwarded }]
      }),
    ]) {
      const [method, path] = pathOf(route)
      const body = method === 'GET' || method === 'DELETE' ? null : '{}'
      const answer = await first.collector.app.request(path, { method, headers, body })
      expect(answer.status).toBe(404)
      expect(await answer.json()).toMatchObject({ code: 'not_found' })
    }
  })

  test('are their owner’s alone, also where the folder was opened to others', async (test) => {
    const socket = await socketPath(first.folder)
    expect(statSync(socket).mode & 0o777).toBe(0o600)
    expect(statSync(first.folder).mode & 0o077).toBe(0)
    if (process.getuid?.() !== 0) test.skip('only root can ask as somebody else')
    chmodSync(first.folder, 0o755)
    const script = `require('node:net').connect(${JSON.stringify(socket)})
      .on('connect', () => process.exit(0)).on('error', ({ code }) => { console.log(code); process.exit(3) })`
    const said = await new Promise((settle) =>
      execFile(process.execPath, ['-e', script], { uid: 65_534, cwd: '/' }, (error, stdout) =>
        settle([error?.code, stdout.trim()]),
      ),
    )
    chmodSync(first.folder, 0o700)
    expect(said).toEqual([3, 'EACCES'])
  })
})

async function create(kind: string) {
  const body = { kind, origins: [], datasets: [] }
  return (await askControl(first.folder, 'POST', '/v1/admin/keys', body)).body as { id: string; key: string }
}

describe('a key that is revoked elsewhere', () => {
  const status = async ({ collector }: Running, key: string) => {
    const event = { dataset: 'article', parent: '1', fields: { impressions: 1 } }
    const answer = await collector.app.request('/v1/batches', {
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'user-agent': PERSON },
      body: JSON.stringify(batchOf(key, [event])),
    })
    return answer.status
  }

  test('is looked for more often than every five seconds', () => {
    expect(LISTS_EVERY).toBeLessThan(5000)
  })

  // Fails where `follow` of db/prepare.ts does not load the lists again.
  test.each([
    [
      'through another collector',
      async (id: string) => {
        const answer = await askControl(first.folder, 'DELETE', `/v1/admin/keys/${id}`)
        expect(answer.status).toBe(200)
      },
    ],
    [
      'by the command, beside no collector',
      async (id: string) => {
        const cwd = tempDir('elsewhere').path
        const configFile = new URL('../fixtures/datasets/article.config.ts', import.meta.url).pathname
        const env = { DATABASE_URL: databaseUrl, TRACKABLE_CONFIG: configFile }
        const { code, stderr } = await startCommand('collector', ['keys', 'revoke', id], { cwd, env }).result
        expect([code, stderr]).toEqual([0, ''])
      },
    ],
  ])('is refused here too: %s', async (_, revoke) => {
    const { id, key } = await create('write')
    await until('the key is known here', async () => (await status(second, key)) === 202)
    await revoke(id)
    await until('the key is refused here', async () => (await status(second, key)) === 401)
  })
})
