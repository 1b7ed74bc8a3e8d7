import { counter, defineConfig, defineDataset, max } from '@trackable/dataset'
import { uuidv8 } from '@trackable/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCollector } from '../apps/collector/src/open/open-collector.ts'
import { readSettings } from '../apps/collector/src/settings.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, PERSON } from './support/send.ts'
import { tempDir } from './support/temp-dir.ts'

const page = defineDataset('page', {
  fields: { views: counter(), likes: counter(), longest: max() },
  series: { grains: ['day'] },
})
const config = defineConfig({ datasets: [page] })

let postgres: PostgresServer
let collector: Awaited<ReturnType<typeof openCollector>>
let key: string

beforeAll(async () => {
  postgres = await startPostgres()
  const folder = tempDir('imports').path
  const flags = {
    log_url: `file://${folder}/log`,
    database_url: await postgres.createDatabase(),
    fold_every: 'off',
  }
  collector = await openCollector(readSettings(flags, {}), config, {
    purpose: 'serve',
    report: () => undefined,
    onFatal: (error) => expect.fail(error.message),
  })
  key = (await admin('/keys', { kind: 'secret', origins: [], datasets: [] })).key
}, 120_000)
afterAll(async () => {
  await collector?.close()
  await postgres?.stop()
})

async function admin(path: string, body: object): Promise<any> {
  const init = { method: 'POST', body: JSON.stringify(body) }
  return (await collector.admin.request(`/v1/admin${path}`, init)).json()
}
async function call(path: string, body?: object): Promise<{ status: number; body: any }> {
  const init = body && { method: 'POST', body: JSON.stringify(body) }
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'text/plain', 'user-agent': PERSON }
  const answer = await collector.app.request(path, { ...init, headers })
  return { status: answer.status, body: await answer.json() }
}
interface Fields {
  parent: string
  fields: object
}
const eventOf = ({ parent, fields }: Fields) => ({
  dataset: 'page',
  at: '2020-01-01T00:00:00Z',
  parent,
  fields,
})

/** Sends a part of an import, an event a row. */
async function part(name: string, from: number, events: Fields[], generation = 0): Promise<void> {
  const id = uuidv8(crypto.getRandomValues(new Uint8Array(16)))
  const place = { name, generation, from, to: from + events.length }
  const sent = await call('/v1/batches', batchOf(key, events.map(eventOf), { id, import: place }))
  expect(sent).toMatchObject({ status: 202, body: { accepted: events.length } })
}
async function live(...events: Fields[]): Promise<void> {
  expect(await call('/v1/batches', batchOf(key, events.map(eventOf)))).toMatchObject({ status: 202 })
}
const undo = (name: string, after = 0) => call('/v1/imports/undo', { name, after })
const end = (name: string, generation = 0) => call('/v1/imports/end', { name, generation })
const one = async (name: string) => (await call(`/v1/imports?name=${name}`)).body.imports[0]
async function total(parent: string): Promise<any> {
  await collector.fold()
  return (await call(`/v1/datasets/page/totals?parent=${parent}`)).body.rows[0]
}

describe('while the log is paused', () => {
  test('nobody is told what an import has sent, because some of it may wait', async () => {
    await part('paused', 0, [{ parent: 'paused', fields: { views: 1 } }])
    await admin('/log/pause', { paused: true })
    await part('paused', 1, [{ parent: 'paused', fields: { views: 2 } }])
    const refused = { status: 503, body: { code: 'unavailable' } }
    expect(await call('/v1/imports?name=paused')).toMatchObject(refused)
    expect(await call('/v1/imports')).toMatchObject(refused)
    expect(await end('paused')).toMatchObject(refused)
    expect(await undo('paused')).toMatchObject(refused)
    await admin('/log/pause', { paused: false })
    expect((await one('paused')).parts).toMatchObject([
      { from: 0, to: 1 },
      { from: 1, to: 2 },
    ])
    expect(await total('paused')).toMatchObject({ views: 3 })
  })
})
