import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCollector } from './support/collector.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf, PERSON, read, send } from './support/send.ts'
import { tempDir } from './support/temp-dir.ts'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** The first code block of a language that has these words in it. */
function block(language: string, words: string): string {
  const blocks = [...README.matchAll(/```(\w+)\n(.*?)```/gs)]
  const found = blocks.find(([, of, text]) => of === language && text?.includes(words))?.[2]
  if (!found) throw new Error(`README.md has no ${language} block with "${words}"`)
  return found
}

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())

test("the README's configuration counts, and its SELECT joins", async () => {
  const configFile = join(tempDir('readme').path, 'trackable.config.ts')
  writeFileSync(configFile, block('ts', 'defineDataset'))
  const databaseUrl = await server.createDatabase()
  const collector = await startCollector({ configFile, databaseUrl })
  const { key } = await collector.createKey('write')
  const at = new Date().toISOString()
  const events = [
    { dataset: 'article', parent: '42', at, fields: { impressions: 3, clickThroughs: 1 } },
    { dataset: 'article', parent: '7', at, fields: { clickThroughs: 2 } },
  ]
  expect((await send(collector.url, batchOf(key, events), { 'user-agent': PERSON })).status).toBe(202)
  await collector.cli(['fold', '--once'])

  const sql = postgres(databaseUrl, { max: 1 })
  await sql`create table posts (id integer primary key, title text not null)`
  await sql`insert into posts values (42, 'Answers'), (7, 'Days'), (1, 'Unread')`
  expect([...(await sql.unsafe(block('sql', 'left join')))]).toEqual([
    { title: 'Days', impressions: '0', click_throughs: '2' },
    { title: 'Answers', impressions: '3', click_throughs: '1' },
    { title: 'Unread', impressions: '0', click_throughs: '0' },
  ])
  await sql.end()
  const totals = await read(`${collector.url}/v1/datasets/article/totals?parent=42`, key)
  expect(totals.body.rows).toEqual([{ parent: '42', impressions: 3 }])
  await collector.stop()
}, 60_000)

test('every npm script that the README and CONTRIBUTING name is there', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const contributing = readFileSync(new URL('../CONTRIBUTING.md', import.meta.url), 'utf8')
  const named = [
    ...`${README}${contributing}`.matchAll(/npm (?:run )?(start|test\b(?!:)|[a-z]+(?::[a-z]+)?)/g),
  ]
  for (const [, name] of named)
    if (!['i', 'registry'].includes(name as string)) expect(scripts).toHaveProperty([name as string])
})
