import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sqlite from 'node-sqlite3-wasm'
import { describe, expect, it } from 'vitest'
import type { Flags } from '../settings/flags.ts'
import type { Source } from './source.ts'
import { sql } from './sql.ts'
import { umami } from './umami.ts'

const folder = mkdtempSync(join(tmpdir(), 'convert-'))
const path = join(folder, 'legacy.sqlite3')
const database = new sqlite.Database(path)
database.exec(`
  create table session (session_id text primary key, country text);
  create table website_event (event_id text primary key, session_id text, url_path text, created_at text, event_type integer);
  insert into session values ('s1', 'DE');
  insert into website_event values ('e2', 's1', '/b', '2020-01-02 00:00:00', 1), ('e1', 's1', '/a', '2020-01-01 00:00:00', 1),
    ('e3', 'gone', '/c', '2020-01-03 00:00:00', 2);
  create table numbers (n integer, big integer);
  insert into numbers values (1, 9007199254740993), (2, null);
`)
database.close()

async function read(source: Source, inputs: string[], flags: Flags, columns: string[]) {
  const cells = []
  for (const table of await source.prepare(inputs, flags)()) {
    for await (const rows of table.read(columns, () => {})) cells.push(...rows.map((row) => row.cells))
  }
  return cells
}

describe('a database', () => {
  it('answers a query with every digit, and nothing for null', async () => {
    const flags = { query: 'select * from numbers order by n;' }
    expect(await read(sql, [`sqlite:${path}`], flags, ['big', 'n'])).toEqual([
      ['9007199254740993', '1'],
      [undefined, '2'],
    ])
    const file = join(folder, 'query.sql')
    writeFileSync(file, 'select count(*) as n from numbers')
    expect(await read(sql, [`sqlite:${path}`], { query: `@${file}` }, ['n'])).toEqual([['2']])
  })

  it('that is not there, a wrong query, a wrong column are told', async () => {
    const query = 'select n from numbers'
    await expect(read(sql, ['sqlite:missing'], { query }, ['n'])).rejects.toThrow('missing is not there')
    await expect(read(sql, [`sqlite:${path}`], { query: 'select x' }, ['x'])).rejects.toThrow(
      'cannot be read',
    )
    await expect(read(sql, [`sqlite:${path}`], { query }, ['m'])).rejects.toThrow(/no column "m"/)
    expect(() => sql.prepare(['a.csv'], { query })).toThrow('is no database')
    expect(() => sql.prepare([`sqlite:${path}`], {})).toThrow('--query: missing')
  })
})

it("Umami's events come in order, with what their sessions are", async () => {
  expect(await read(umami, [`sqlite:${path}`], {}, ['url_path', 'country', 'event_type'])).toEqual([
    ['/a', 'DE', '1'],
    ['/b', 'DE', '1'],
    ['/c', undefined, '2'],
  ])
  await expect(read(umami, [`sqlite:${path}`], {}, ['urlpath'])).rejects.toThrow(/did you mean "url_path"/)
  const csv = join(folder, 'website_event.csv')
  writeFileSync(csv, 'urlPath,createdAt\n/a,2020-01-01T00:00:00Z\n')
  expect(await read(umami, [csv], {}, ['url_path'])).toEqual([['/a']])
})
