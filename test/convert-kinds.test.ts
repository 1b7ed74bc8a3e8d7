import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sqlite from 'node-sqlite3-wasm'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCollector } from './support/collector.ts'
import { startCommand } from './support/command.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { tempDir } from './support/temp-dir.ts'

const READERS = 10_000
const ROWS = 30_000
const CONFIG = `import { counter, defineConfig, defineDataset, distribution, last, max, min, unique } from '@trackable/dataset'
export const page = defineDataset('page', { fields: { views: counter(), readers: unique(), wait: distribution(),
  fastest: min(), slowest: max(), price: last() }, series: { grains: ['day'] } })
export default defineConfig({ datasets: [page] })\n`
const FIELDS = ['views=1', 'readers=reader', 'wait=wait', 'fastest=wait', 'slowest=wait*2', 'price=price']

const folder = tempDir('convert-kinds').path
let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())

/** A row: whose, when, how long, how dear. Every hundredth is of nobody. */
function rowAt(i: number) {
  const reader = i % 100 === 0 ? '' : `reader-${(i * 7919) % READERS}`
  return {
    id: 'a',
    at: new Date(Date.UTC(2014, 2, 1) + i * 1000).toISOString(),
    reader,
    wait: (i % 1000) / 8,
    price: i / 4,
  }
}
const rows = Array.from({ length: ROWS }, (_, i) => rowAt(i))
const distinct = new Set(rows.map(({ reader }) => reader).filter(Boolean)).size

const TABLES = {
  csv: () => {
    const lines = rows.map(({ id, at, reader, wait, price }) => `${id},${at},${reader},${wait},${price}`)
    writeFileSync(join(folder, 'rows.csv'), `id,at,reader,wait,price\n${lines.join('\n')}\n`)
    return ['csv', 'rows.csv']
  },
  ndjson: () => {
    writeFileSync(join(folder, 'rows.ndjson'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    return ['ndjson', 'rows.ndjson']
  },
  sql: () => {
    const database = new sqlite.Database(join(folder, 'rows.sqlite3'))
    database.exec('create table rows (id text, at text, reader text, wait real, price real); begin')
    const insert = database.prepare('insert into rows values (?, ?, ?, ?, ?)')
    for (const { id, at, reader, wait, price } of rows) insert.run([id, at, reader || null, wait, price])
    insert.finalize()
    database.exec('commit')
    database.close()
    return ['sql', 'sqlite:rows.sqlite3', '--query', 'select * from rows order by at']
  },
}

test.each(Object.entries(TABLES))(
  'columns of %s become distinct values, distributions and extremes, once however often they come',
  async (_, input) => {
    const databaseUrl = await server.createDatabase()
    const configFile = join(folder, 'trackable.config.ts')
    writeFileSync(configFile, CONFIG)
    const collector = await startCollector({ configFile, databaseUrl })
    const { key } = await collector.createKey('secret')
    const sql = postgres(databaseUrl, { max: 1 })
    const mapping = [
      '--dataset',
      'page',
      '--parent',
      'id',
      '--at',
      'at',
      ...FIELDS.flatMap((field) => ['--field', field]),
    ]
    const env = { TRACKABLE_TO: collector.url, TRACKABLE_KEY: key }
    const source = input()
    const run = (...more: string[]) =>
      startCommand('convert', [...source, ...mapping, '--name', 'people', ...more], { cwd: folder, env })
        .result
    const table = async () => {
      expect((await collector.cli(['fold', '--once'])).code).toBe(0)
      const [row] =
        await sql`select views::int, readers_count::int as readers, wait_count::int as waits, wait_sum::float8 as sum,
        wait_p50::float8 as p50, fastest::float8, slowest::float8, price::float8 from trackable.page`
      return row
    }
    try {
      const dry = await run('--dry-run')
      expect(dry, dry.stderr).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('readers gets values'),
      })
      expect(await run()).toMatchObject({ code: 0, stderr: expect.stringContaining('30,000 events') })
      const once = await table()
      expect(once).toMatchObject({
        views: ROWS,
        waits: ROWS,
        fastest: 0,
        slowest: (999 / 8) * 2,
        price: (ROWS - 1) / 4,
      })
      expect(once?.sum).toBe(rows.reduce((sum, { wait }) => sum + wait, 0))
      // Five standard errors: values are hashed under a secret that each collector draws.
      expect(Math.abs(once?.readers / distinct - 1)).toBeLessThan(5 * 0.0115)
      expect(Math.abs(once?.p50 / (500 / 8) - 1)).toBeLessThan(0.011)

      expect(await run()).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing has changed') })
      expect(await table()).toEqual(once)
      const undone = await run('--undo')
      expect(undone.code).toBe(1)
      for (const field of ['readers', 'wait', 'fastest']) expect(undone.stderr).toContain(`page.${field}`)
      expect(await table()).toEqual(once)
    } finally {
      await sql.end()
      await collector.stop()
    }
  },
  240_000,
)
