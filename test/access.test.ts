import { counter, defineConfig, defineDataset } from '@trackable/dataset'
import { uuidv8 } from '@trackable/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Access, ROUTES, routeName } from '../apps/collector/src/access.ts'
import { openCollector } from '../apps/collector/src/open/open-collector.ts'
import { readSettings } from '../apps/collector/src/settings.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, PERSON } from './support/send.ts'
import { tempDir } from './support/temp-dir.ts'

const rights = { write: ['hits'], read: ['hits'] } as const
const dataset = (name: string) =>
  defineDataset(name, {
    fields: { hits: counter(), hidden: counter() },
    series: { grains: ['day'] },
    public: rights,
  })
const config = defineConfig({ datasets: [dataset('own'), dataset('stranger')] })
const SHOP = 'https://shop.example'
const TOKEN = 'the-token-of-the-dashboard'

let postgres: PostgresServer
let collector: Awaited<ReturnType<typeof openCollector>>
const keys: Record<string, string> = {}

beforeAll(async () => {
  postgres = await startPostgres()
  const folder = tempDir('access').path
  const flags = {
    log_url: `file://${folder}/log`,
    database_url: await postgres.createDatabase(),
    fold_every: 'off',
  }
  collector = await openCollector(readSettings(flags, { DASHBOARD_TOKEN: TOKEN }), config, {
    purpose: 'serve',
    report: () => undefined,
    onFatal: (error) => expect.fail(error.message),
  })
  await create('write', 'write', { datasets: ['own'], origins: [SHOP] })
  await create('secret', 'secret', { datasets: ['own'] })
  await create('secretOfAll', 'secret', {})
  const revoked = await create('revoked', 'secret', {})
  await admin('DELETE', `/keys/${revoked.id}`)
}, 120_000)
afterAll(async () => {
  await collector?.close()
  await postgres?.stop()
})

async function admin(method: string, path: string, body?: object) {
  const init = body ? { method, body: JSON.stringify(body) } : { method }
  return (await collector.admin.request(`/v1/admin${path}`, init)).json() as Promise<Record<string, string>>
}

async function create(name: string, kind: string, bounds: object): Promise<{ id: string }> {
  const key = await admin('POST', '/keys', { kind, origins: [], datasets: [], ...bounds })
  keys[name] = key.key as string
  return { id: key.id as string }
}

/** Who asks, and how that shows. */
const IDENTITIES = [
  'nobody',
  'unknown',
  'revoked',
  'write',
  'writeElsewhere',
  'secret',
  'secretOfAll',
  'token',
  'behindProxy',
] as const
type Identity = (typeof IDENTITIES)[number]
type Target = 'own' | 'stranger'

function keyOf(identity: Identity): string | undefined {
  if (identity === 'nobody' || identity === 'behindProxy') return undefined
  if (identity === 'unknown') return 'sk_unknown'
  if (identity === 'token') return TOKEN
  return keys[identity === 'writeElsewhere' ? 'write' : identity]
}

async function ask(route: string, identity: Identity, target: Target): Promise<Response> {
  const [method, pattern] = route.split(' ') as [string, string]
  const values =
    pattern.startsWith('/v1/datasets') || pattern.startsWith('/v1/export') ? [target] : [target, '1', 'hits']
  let next = 0
  const path = pattern.replace(/:/g, () => values[next++] ?? 'x').replace('*', 'x')
  const key = keyOf(identity)
  const inLink = ROUTES[route] === 'link'
  const query = new URLSearchParams({
    parent: '1',
    name: 'x',
    field: 'hits',
    dataset: target,
    to: `${SHOP}/`,
    ...(inLink && key && { key }),
  })
  const headers: Record<string, string> = {
    host: 'localhost:8787',
    'user-agent': PERSON,
    'content-type': 'text/plain',
  }
  if (key && !inLink) headers.authorization = `Bearer ${key}`
  if (identity === 'write') headers.origin = SHOP
  if (identity === 'writeElsewhere') headers.origin = `${SHOP}.evil.example`
  if (identity === 'behindProxy') headers['x-forwarded-for'] = '127.0.0.1'
  const event = { dataset: target, parent: '1', fields: { hits: 1 } }
  const body = method === 'POST' ? JSON.stringify(batchOf('', [event], { key: undefined })) : null
  return collector.app.request(
    `${path}?${query}`,
    { method, headers, body },
    { incoming: { httpVersion: '1.1' } },
  )
}

const isKey = (identity: Identity) => ['write', 'writeElsewhere', 'secret', 'secretOfAll'].includes(identity)

/** What the declaration says: `yes`, or the status of the refusal. */
function expected(access: Access, route: string, identity: Identity, target: Target): 'yes' | number {
  if (access === 'anyone') return 'yes'
  if (access === 'control') return 404
  if (access === 'operator') return identity === 'behindProxy' ? 403 : 'yes'
  if (!isKey(identity)) return 401
  const bound = identity !== 'secretOfAll' && target === 'stranger'
  if (access === 'write') return identity === 'writeElsewhere' ? 403 : 'yes'
  if (access === 'link') {
    if (identity.startsWith('secret')) return 403
    // A script of another site shows its origin; a link that is followed has none, and is followed.
    if (route.includes('/go/')) return 'yes'
    return identity === 'writeElsewhere' || bound ? 403 : 'yes'
  }
  if (access === 'secret' && !identity.startsWith('secret')) return 403
  return bound && /datasets\/:|export|live/.test(route) ? 403 : 'yes'
}

const served = () => new Set(collector.app.routes.map(({ method, path }) => routeName(method, path)))
const cases = Object.entries(ROUTES).flatMap(([route, access]) =>
  IDENTITIES.flatMap((identity) =>
    (['own', 'stranger'] as const).map((target) => ({ route, access, identity, target })),
  ),
)

describe('every route, asked by everybody about own and foreign datasets', () => {
  test.each(cases)(
    '$route for $access, asked by $identity about $target',
    async ({ route, access, identity, target }) => {
      if (access !== 'control' && !served().has(route)) return
      const answer = await ask(route, identity, target)
      const wanted = expected(access, route, identity, target)
      // A stream has no end, and sources have no build of the script.
      await answer.body?.cancel()
      const fine = [200, 202, 204, 302, 304, 400, ...(route === 'GET /sdk.js' ? [404] : [])]
      if (wanted === 'yes') expect(fine).toContain(answer.status)
      else expect(answer.status).toBe(wanted)
    },
  )

  test('no bound key counts anything in a foreign dataset, or reads its definition', async () => {
    for (const identity of ['write', 'secret'] as const) {
      const answer = await (await ask('POST /v1/batches', identity, 'stranger')).json()
      expect(answer).toMatchObject({ accepted: 0, rejected: [{ code: 'not_public' }] })
    }
    const { datasets } = (await (await ask('GET /v1/datasets', 'secret', 'own')).json()) as {
      datasets: { name: string }[]
    }
    expect(datasets.map(({ name }) => name)).toEqual(['own'])
    await collector.fold()
    const rows = await (await ask('GET /v1/datasets/:/totals', 'secretOfAll', 'stranger')).json()
    // The key for all has written there once in the matrix.
    expect(rows).toMatchObject({ rows: [{ parent: '1', hits: 1 }] })
  })
})

describe('an import', () => {
  const call = async (path: string, key: string, body?: object) => {
    const init = body && { method: 'POST', body: JSON.stringify(body) }
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'text/plain' }
    const answer = await collector.app.request(path, { ...init, headers })
    return { status: answer.status, body: (await answer.json()) as any }
  }
  const importInto = async (name: string, into: string, key: string, generation = 0) => {
    const id = uuidv8(crypto.getRandomValues(new Uint8Array(16)))
    const events = [{ dataset: into, parent: 'old', fields: { hits: 1 } }]
    const part = { name, generation, from: 0, to: 1 }
    return call('/v1/batches', key, batchOf(key, events, { id, import: part }))
  }
  const names = ({ body }: { body: any }) => body.imports.map(({ name }: { name: string }) => name)

  test('a bound key sees no import of a foreign dataset', async () => {
    const { secret, secretOfAll } = keys as { secret: string; secretOfAll: string }
    expect((await importInto('mine', 'own', secret)).status).toBe(202)
    expect((await importInto('foreign', 'stranger', secretOfAll)).status).toBe(202)
    expect(names(await call('/v1/imports', secretOfAll)).sort()).toEqual(['foreign', 'mine'])
    expect(names(await call('/v1/imports', secret))).toEqual(['mine'])
    expect(names(await call('/v1/imports?name=mine', secret))).toEqual(['mine'])
    expect(await call('/v1/imports?name=foreign', secret)).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    })
    expect(names(await call('/v1/imports?name=foreign', secretOfAll))).toEqual(['foreign'])
  })

  test('takes no generation that undoes one, and ends only where some of it has counted', async () => {
    const key = keys.secret as string
    await importInto('ending', 'own', key)
    expect((await importInto('ending', 'own', key, 1)).body.code).toBe('malformed')
    const end = (generation: number, name = 'ending') => call('/v1/imports/end', key, { name, generation })
    expect([(await end(1)).status, (await end(2)).status, (await end(0, 'never')).status]).toEqual([
      400, 404, 404,
    ])
    expect((await call('/v1/imports?name=ending', key)).body.imports[0].state).toBe('unfinished')
    expect((await end(0)).status).toBe(200)
    expect((await call('/v1/imports?name=ending', key)).body.imports[0].state).toBe('finished')
  })
})
