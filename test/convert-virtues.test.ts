import { randomBytes } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { uuidv7 } from '@trackable/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { articleTables } from './support/article-tables.ts'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { type CommandResult, startCommand } from './support/command.ts'
import { startDoublingProxy } from './support/doubling-proxy.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { seededRandom } from './support/random.ts'
import { tempDir } from './support/temp-dir.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/article.config.ts', import.meta.url))
const KILLS = 20

let server: PostgresServer
let databaseUrl: string
let collector: CollectorProcess
let key: string
const folder = tempDir('convert').path

beforeAll(async () => {
  server = await startPostgres()
  databaseUrl = await server.createDatabase()
  collector = await startCollector({ configFile: CONFIG, databaseUrl })
  key = (await collector.createKey('secret')).key
}, 120_000)
afterAll(async () => {
  await collector?.stop()
  await server?.stop()
})

/** Rows of a table of views: a fifth of a row a second, so that buckets repeat, from a few countries. */
function rowsOf(prefix: string, count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i
    const at = new Date(Date.UTC(2011, 2, 26, 20) + n * 5000).toISOString()
    return `${prefix}${n % 37},${at},${(n % 5) + 1},${n % 100}.${n % 10}5,${['DE', 'FR', ''][n % 3]}`
  })
}
const HEADER = 'id,at,n,paid,land'
function save(prefix: string, rows: readonly string[]): string {
  const path = join(folder, `${prefix}.csv`)
  writeFileSync(path, `${[HEADER, ...rows].join('\n')}\n`)
  return path
}
const MAPPING = ['--dataset', 'article', '--parent', 'id', '--at', 'at', '--dimension', 'country=land']
const FIELDS = ['--field', 'impressions=n', '--field', 'revenue=paid']
function start(path: string, ...more: string[]) {
  return startAt(collector.url, path, more)
}
function startAt(url: string, path: string, more: readonly string[]) {
  const to = ['--to', url, '--key', key, '--json']
  return startCommand('convert', ['csv', path, ...to, ...MAPPING, ...FIELDS, ...more], { cwd: folder })
}
const convert = (path: string, ...more: string[]) => start(path, ...more).result
const last = ({ stdout }: CommandResult) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
async function tables(prefix: string) {
  expect((await collector.cli(['fold', '--once'])).code).toBe(0)
  return articleTables(databaseUrl, prefix)
}
/** What the page sends while imports come and go. */
async function live(parent: string, fields: object, at = '2011-03-27T00:30:00Z') {
  const event = { dataset: 'article', parent, at, fields, dimensions: { country: 'DE' } }
  const body = {
    v: 1,
    id: uuidv7(Date.now(), randomBytes(10)),
    key,
    sentAt: new Date().toISOString(),
    events: [event],
  }
  const answer = await fetch(`${collector.url}/v1/batches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(202)
}

describe('an import', () => {
  test(`that is killed at ${KILLS} random points and run again ends in the tables of one that was not`, async () => {
    const rows = rowsOf('k', 30_000)
    const whole = save(
      'whole',
      rows.map((row) => row.replace('k', 'w')),
    )
    expect((await convert(whole)).code).toBe(0)
    const path = save('killed', rows)
    const random = seededRandom(7)
    const proxy = await startDoublingProxy(collector.url)
    for (let kill = 0; kill < KILLS; kill++) {
      const until = proxy.batches() + 1 + Math.floor(random() * 2)
      const command = startAt(proxy.url, path, [])
      while (command.running() && proxy.batches() < until)
        await new Promise((resolve) => setTimeout(resolve, 1))
      await command.end('SIGKILL')
    }
    proxy.close()
    const ended = await convert(path)
    expect(last(ended)).toMatchObject({ read: 30_000, events: 30_000, rejected: 0, dropped: 0 })
    const once = JSON.stringify(await tables('w')).replaceAll('\\"w', '\\"k')
    expect(JSON.stringify(await tables('k'))).toBe(once)
  }, 230_000)

  test('that is run twice changes nothing the second time, and says so', async () => {
    const path = save('twice', rowsOf('t', 2500))
    await convert(path)
    const before = await tables('t')
    const second = await convert(path)
    expect(last(second)).toMatchObject({ read: 2500, events: 2500, duplicates: 2500 })
    expect(second.stderr).toContain('nothing has changed')
    expect(await tables('t')).toEqual(before)
  }, 60_000)

  test('whose input has grown in the middle of a line counts every line once', async () => {
    const path = join(folder, 'grown.csv')
    const text = `${[HEADER, ...rowsOf('g', 3000)].join('\n')}\n`
    const cut = text.indexOf('g17,', text.length / 2) + 10
    writeFileSync(path, text.slice(0, cut))
    expect((await convert(path)).code).toBe(0)
    appendFileSync(path, text.slice(cut))
    expect(last(await convert(path))).toMatchObject({ read: 3000, events: 3000, rejected: 0 })
    const totals = (await tables('g')).article!.map((row) => JSON.parse(row))
    expect(totals.reduce((sum, row) => sum + row.impressions, 0)).toBe(9000)
  }, 60_000)

  test('whose input has changed is refused, and nothing is sent', async () => {
    const rows = rowsOf('c', 3000)
    const path = save('changed', rows)
    await convert(path)
    const before = await tables('c')
    save('changed', rows.with(1500, rows[1501]!))
    const refused = await convert(path)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('import_changed') })
    expect(await tables('c')).toEqual(before)
  }, 60_000)
})

describe('taking an import back', () => {
  test('restores the tables, and the same input may then be imported anew', async () => {
    await live('u1', { impressions: 3, revenue: '1.25' })
    await live('u-live', { likes: 0 })
    const before = await tables('u')
    const path = save('undone', rowsOf('u', 25_000))
    await convert(path)
    const imported = await tables('u')
    const undone = await convert(path, '--undo')
    expect(undone.stderr).toBe('')
    expect(last(undone)).toEqual({ undone: 25_000 })
    expect(await tables('u')).toEqual(before)
    expect(last(await convert(path, '--undo'))).toEqual({ undone: 0 })
    expect(last(await convert(path))).toMatchObject({ events: 25_000, duplicates: 0 })
    expect(await tables('u')).toEqual(imported)
  }, 120_000)

  test('leaves alone what came meanwhile, also when it is killed and run again', async () => {
    const path = save('meanwhile', rowsOf('m', 25_000))
    await convert(path)
    await live('m1', { impressions: 7 })
    await live('m-new', { clickThroughs: 1 })
    for (let kill = 0; kill < 4; kill++) {
      const command = start(path, '--undo')
      await new Promise((resolve) => setTimeout(resolve, 250 + kill * 60))
      await command.end('SIGKILL')
    }
    const half = await convert(path)
    if (half.code !== 0) expect(half.stderr).toContain('--undo')
    expect((await convert(path, '--undo')).code).toBe(0)
    const { article, article_by_hour: hours } = await tables('m')
    expect(article!.map((row) => JSON.parse(row))).toMatchObject([
      { parent: 'm-new', impressions: 0, click_throughs: 1 },
      { parent: 'm1', impressions: 7, revenue: 0 },
    ])
    expect(hours).toHaveLength(2)
    const status = JSON.parse((await collector.cli(['log', 'status', '--json'])).stdout)
    expect(status.accepted).toBe(status.folded + status.duplicates + status.dead)
    expect((await collector.cli(['verify'])).code).toBe(0)
  }, 120_000)

  test('is refused for an import that nobody knows', async () => {
    const refused = await convert('missing.csv', '--undo', '--name', 'nobody')
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('no import "nobody"') })
  })
})

describe('replacing an import', () => {
  test('counts the new input instead of the old one, live counts stay, and a killed one is gone on with', async () => {
    const rows = rowsOf('r', 12_000)
    const path = save('replaced', rows)
    await convert(path)
    await live('r5', { impressions: 100 })
    const mended = rows.slice(0, 9000).map((row) => row.replace(',DE', ',FR'))
    save('replaced', mended)
    expect((await convert(path)).code).toBe(1)
    const command = start(path, '--replace')
    await new Promise((resolve) => setTimeout(resolve, 700))
    await command.end('SIGKILL')
    const replaced = await convert(path, '--replace')
    expect(replaced.code, replaced.stderr).toBe(0)
    expect(last(replaced)).toMatchObject({ read: 9000, events: 9000 })

    await convert(
      save(
        'alone',
        mended.map((row) => row.replace('r', 'a')),
      ),
    )
    await live('a5', { impressions: 100 })
    const alone = JSON.stringify(await tables('a'))
      .replaceAll('\\"a', '\\"r')
      .replaceAll('"a', '"r')
    expect(JSON.parse(JSON.stringify(await tables('r')).replaceAll('"a', '"r'))).toEqual(JSON.parse(alone))
    const again = await convert(path, '--replace')
    expect(last(again)).toMatchObject({ events: 9000, duplicates: 0 })
    expect(JSON.parse(JSON.stringify(await tables('r')).replaceAll('"a', '"r'))).toEqual(JSON.parse(alone))
  }, 120_000)
})

describe('looking first', () => {
  test('a dry run prints exactly the totals that the real run then gives', async () => {
    const rows = [
      ...rowsOf('d', 2200),
      'd1,soon,1,1,DE',
      'd1,2011-03-27,1,0.001,DE',
      'd1,2011-03-27,1,1,LONG',
    ]
    const path = save('dry', rows)
    const dry = await convert(path, '--dry-run')
    const { changes } = JSON.parse(dry.stdout.split('\n')[0]!)
    expect(await tables('d')).toMatchObject({ article: [] })
    const real = await convert(path)
    expect(last(real)).toEqual(last(dry))
    const totals = (await tables('d')).article!.map((row) => JSON.parse(row))
    const sum = (name: string) => totals.reduce((all, row) => all + Math.round(row[name] * 100), 0) / 100
    expect(changes.article).toMatchObject({
      impressions: String(sum('impressions')),
      revenue: sum('revenue').toFixed(2),
    })
    const kept = readFileSync(`${path}.rejects.ndjson`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(kept.map(({ line, code }) => [line, code])).toEqual([
      [2202, 'invalid_time'],
      [2203, 'invalid_value'],
      [2204, 'invalid_value'],
    ])
    writeFileSync(
      `${path}.rejects.ndjson`,
      kept
        .map((row) =>
          JSON.stringify({
            ...row,
            text: row.text.replace('soon', '2011-03-27').replace('0.001', '1').replace('LONG', 'DE'),
          }),
        )
        .join('\n'),
    )
    expect(last(await convert(`${path}.rejects.ndjson`))).toMatchObject({ read: 3, events: 3, rejected: 0 })
  }, 60_000)

  test('imports are listed with what they were and their state', async () => {
    await convert(save('listed', rowsOf('l', 10)), '--name', 'listed')
    await convert('none', '--undo', '--name', 'listed')
    await convert(save('listed', rowsOf('l', 20)), '--name', 'listed')
    const to = ['--to', collector.url, '--key', key]
    const listed = await startCommand('convert', ['imports', ...to, '--json'], { cwd: folder }).result
    const mine = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ name }) => name === 'listed')
    expect(mine).toMatchObject([
      { state: 'finished', events: 20, rows: 20 },
      { state: 'undone', events: 10, rows: 10 },
    ])
    const table = await startCommand('convert', ['imports', ...to], { cwd: folder }).result
    expect(table.stdout).toMatch(/^NAME +STATE +EVENTS +ROWS +BEGAN +LAST BATCH\nlisted +finished/)
  }, 60_000)
})
