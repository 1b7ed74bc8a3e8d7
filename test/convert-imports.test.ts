import { counter, type Dataset, defineConfig, defineDataset, max } from '@trackable/dataset'
import { uuidv8 } from '@trackable/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCollector } from '../apps/collector/src/open/open-collector.ts'
import { readSettings } from '../apps/collector/src/settings.ts'
import { runSql } from './support/legacy-database.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, PERSON } from './support/send.ts'
import { tempDir } from './support/temp-dir.ts'

const definition = {
  fields: { views: counter(), likes: counter(), longest: max() },
  series: { grains: ['day'] },
} as const
const page = defineDataset('page', definition)
/** The same for a while. */
const wider = defineDataset('page', { ...definition, dimensions: { country: {} } })

let postgres: PostgresServer
let databaseUrl: string
let collector: Awaited<ReturnType<typeof openCollector>>
let key: string
const folder = tempDir('imports').path

async function open(datasets: readonly Dataset[]): Promise<void> {
  const flags = { log_url: `file://${folder}/log`, database_url: databaseUrl, fold_every: 'off' }
  collector = await openCollector(readSettings(flags, {}), defineConfig({ datasets }), {
    purpose: 'serve',
    report: () => undefined,
    onFatal: (error) => expect.fail(error.message),
  })
}

beforeAll(async () => {
  postgres = await startPostgres()
  databaseUrl = await postgres.createDatabase()
  await open([page])
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
const ask = (name: string, after = 0) => call('/v1/imports/undo?dry=1', { name, after })
const query = (text: string): Promise<string[][]> => runSql(databaseUrl, [text])
async function rowsOf(parent: string): Promise<number> {
  await collector.fold()
  const rows = await query(`select count(*) from trackable.page where parent = '${parent}'`)
  return Number(rows[0]![0])
}
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

describe('taking an import back', () => {
  const views = (count: number, parent: string) => [{ parent, fields: { views: count } }]

  test('looks at what is left of it a request, keeps what it wrote no longer, and ends once', async () => {
    for (let row = 0; row < 45; row++) await part('long', row, views(1, 'long'))
    await end('long')
    expect((await ask('long')).body.imports).toMatchObject([{ events: 20, next: 20 }])
    expect(await total('long')).toMatchObject({ views: 45 })
    for (const [after, next] of [
      [0, 20],
      [20, 40],
      [40, null],
    ] as const) {
      expect((await one('long')).state).toBe(after === 0 ? 'finished' : 'undoing')
      expect((await undo('long', after)).body.imports).toMatchObject([{ next }])
    }
    expect(await rowsOf('long')).toBe(0)
    expect((await one('long')).state).toBe('undone')
    const left =
      "select count(*) as parts, count(content) as kept from trackable._import_contents where name = 'long'"
    expect(await query(left)).toEqual([['45', '0']])
    expect((await undo('long')).body.imports).toMatchObject([{ events: 0, next: null }])
  })

  test('is refused before anything changes where a later part cannot be taken back', async () => {
    await part('kinds', 0, views(1, 'kinds'))
    await part('kinds', 1, [{ parent: 'kinds', fields: { longest: 5 } }])
    expect(await ask('kinds')).toMatchObject({ status: 403, body: { message: /page\.longest/ } })
    expect((await undo('kinds')).status).toBe(403)
    expect(await total('kinds')).toMatchObject({ views: 1, longest: 5 })

    for (let row = 0; row < 21; row++) await part('changed', row, views(1, 'changed'))
    await collector.fold()
    await collector.close()
    await open([wider])
    await part('changed', 21, views(1, 'changed'))
    await collector.fold()
    await admin('/migrate', { datasets: [page], dryRun: false, allowDestructive: true })
    await collector.close()
    await open([page])
    expect(await ask('changed')).toMatchObject({ status: 200 })
    expect(await ask('changed', 20)).toMatchObject({ status: 403, body: { message: /definitions/ } })
    expect(await undo('changed', 20)).toMatchObject({ status: 403 })
    expect((await one('changed')).state).toBe('unfinished')
    expect(await total('changed')).toMatchObject({ views: 22 })
  })

  test('deletes rows that are empty then, also where live events that came to nothing had made them', async () => {
    await live({ parent: 'empty', fields: { likes: 0 } }, { parent: 'kept', fields: { likes: 0 } })
    await live({ parent: 'counted', fields: { likes: 1 } })
    await part('empty', 0, [...views(1, 'empty'), ...views(1, 'counted')])
    expect((await undo('empty')).status).toBe(200)
    expect([await rowsOf('empty'), await rowsOf('kept')]).toEqual([0, 1])
    expect(await total('counted')).toMatchObject({ likes: 1, views: 0 })
  })

  test('is asked by names alone', async () => {
    expect((await call('/v1/imports?name=%00')).status).toBe(400)
    expect((await undo('\u0000')).status).toBe(400)
  })
})
