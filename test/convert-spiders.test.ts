import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sqlite from 'node-sqlite3-wasm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { startCommand } from './support/command.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { tempDir } from './support/temp-dir.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/legacy.config.ts', import.meta.url))
const LEGACY = fileURLToPath(new URL('../../shared/data/django-trackable/spider.json', import.meta.url))
const DATA_FOLDER =
  'a-data-folder-so-deep-that-no-socket-has-so-long-a-path-on-any-system-that-we-know-of-today'

let server: PostgresServer
let collector: CollectorProcess
const folder = tempDir('spiders').path
beforeAll(async () => {
  server = await startPostgres()
  const dataDir = join(folder, DATA_FOLDER)
  mkdirSync(dataDir)
  collector = await startCollector({
    configFile: CONFIG,
    databaseUrl: await server.createDatabase(),
    dataDir,
  })
}, 120_000)
afterAll(async () => {
  await collector?.stop()
  await server?.stop()
})

const convert = (...args: string[]) =>
  startCommand('convert', ['django', ...args, '--spiders'], { cwd: folder }).result
const beside = () => ['--data-dir', collector.controlDir]
async function listed(): Promise<string[]> {
  const { stdout } = await collector.cli(['spiders', 'list', '--json'])
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { agent: string }).agent)
}
async function judged(agent: string): Promise<boolean> {
  const { stdout } = await collector.cli(['spiders', 'test', agent, '--json'])
  return (JSON.parse(stdout) as { bot: boolean }).bot
}

describe('the Spider table of django-trackable', () => {
  test('of a database goes into the list of the collector beside it, also where the agents were cut', async () => {
    const database = new sqlite.Database(join(folder, 'legacy.sqlite3'))
    database.exec('create table trackable_spider (id integer primary key, user_agent varchar(128))')
    const cut =
      `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/39.0 Safari/537.36 ${'Acme '.repeat(20)}`.slice(
        0,
        128,
      )
    const legacy = ['Reads &amp; Counts 1.0', cut, '*a*', 'Reads &#38; Counts 1.0', '']
    for (const agent of legacy) database.run('insert into trackable_spider (user_agent) values (?)', [agent])
    database.close()
    expect(await judged(`${cut}and what was cut off`)).toBe(false)

    const moved = await convert('sqlite:legacy.sqlite3', ...beside())
    expect(moved).toMatchObject({ code: 0, stdout: "2 agents are in the collector's list\n" })
    expect(moved.stderr).toContain('1 left out, because they would meet nearly everybody: "*a*"')
    expect((await listed()).sort()).toEqual([`${cut.toLowerCase()}*`, 'reads & counts 1.0'])
    expect(await judged('READS & counts 1.0')).toBe(true)
    expect(await judged(`${cut}and what was cut off`)).toBe(true)
    expect(await convert('sqlite:legacy.sqlite3', ...beside(), '--json')).toMatchObject({
      stdout: '{"spiders":2}\n',
    })
    expect(await listed()).toHaveLength(2)
  }, 60_000)

  test.skipIf(!existsSync(LEGACY))(
    'that came with it is taken whole, and as from a file of it',
    async () => {
      expect(await convert(LEGACY, ...beside())).toMatchObject({ code: 0 })
      const all = new Set(await listed())
      expect(all.size).toBeGreaterThan(4600)
      for (const agent of ['abot', 'j2me', 'googlebot/2.1+ (+http://www.google.com/bot.html)*'])
        expect(all).toContain(agent)
      expect([...all].filter((agent) => /&(amp|lt|gt|quot|#\d+|#x[\da-f]+);/.test(agent))).toEqual([])
      expect((await convert(LEGACY, '--out', 'spiders.txt')).code).toBe(0)
      const lines = readFileSync(join(folder, 'spiders.txt'), 'utf8').trim().split('\n')
      expect((await collector.cli(['spiders', 'import', join(folder, 'spiders.txt')])).code).toBe(0)
      expect(new Set(await listed())).toEqual(all)
      expect(lines.length).toBeGreaterThanOrEqual(all.size - 2)
    },
    60_000,
  )

  test('is refused where no collector runs, where there is none, and with options for events', async () => {
    writeFileSync(join(folder, 'none.json'), '[]')
    writeFileSync(
      join(folder, 'one.json'),
      '[{"model":"trackable.spider","pk":1,"fields":{"user_agent":"Old Bot"}}]',
    )
    expect(await convert('one.json')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /no collector answers in the data folder \.\/trackable-data.*--data-dir.*--out FILE/,
      ),
    })
    expect(await convert('none.json', ...beside())).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no spiders'),
    })
    expect(await convert('one.json', '--dry-run')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--dry-run is for events'),
    })
    expect(await convert()).toMatchObject({ code: 2, stderr: expect.stringContaining('INPUT: missing') })
  }, 60_000)
})
