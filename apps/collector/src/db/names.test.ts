import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { counter, defineDataset } from '@trackable/dataset'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { connect, rowsOf } from './connect.ts'
import { shortName } from './names.ts'

test('every word that Postgres reserves is refused as a name when the configuration is loaded', async () => {
  const { db, close } = await connect(`pglite://${mkdtempSync(join(tmpdir(), 'trackable-names-'))}`)
  const words = await rowsOf<{ word: string }>(
    db,
    sql`select word from pg_get_keywords() where catcode in ('R', 'T')`,
  )
  await close()
  const names = words.map(({ word }) => word.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()))
  const accepted = names.filter((name) => {
    try {
      return defineDataset('article', { fields: { [name]: counter() } })
    } catch {
      return false
    }
  })
  expect(names.length).toBeGreaterThan(90)
  expect(accepted).toEqual([])
}, 120_000)

test('a name made from others is at most 63 bytes long, and another one for others', () => {
  const long = 'x'.repeat(60)
  expect(shortName('article_top')).toBe('article_top')
  expect(shortName(`${long}_hour`).length).toBe(63)
  expect(shortName(`${long}_hour`)).not.toBe(shortName(`${long}_days`))
})
