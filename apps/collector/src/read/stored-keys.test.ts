import { counter, defineDataset, unique } from '@trackable/dataset'
import { layoutOf } from '@trackable/dataset/fold'
import { expect, test } from 'vitest'
import { batch, foldTables } from '../fold/fold.setup.ts'
import type { Key, KeyRing } from '../keys.ts'
import { type ExportQuery, isKeyOf, readPage } from './export-page.ts'
import { createLive } from './live.ts'
import { readTotals, storedParent } from './totals.ts'

const { setUp, query } = foldTables()
const HOUR = 3_600_000
const ID = 'abcdef00-0000-4000-8000-00000000000f'
const MOST = 2n ** 63n - 1n

const row = defineDataset('row', { fields: { hits: counter() }, parent: 'bigint' })
const thing = defineDataset('thing', { fields: { hits: counter() }, parent: 'uuid' })
const page = defineDataset('page', {
  fields: { hits: counter(), who: unique() },
  series: { grains: ['hour'], zone: 'Africa/Monrovia' },
})

const secret: Key = { id: 'k', kind: 'secret', hash: '', signing: '', origins: [], datasets: [] }
const keys: KeyRing = { find: () => secret, byId: () => secret, replace: () => undefined }

test('a whole number past 64 bits is no parent, and none is taken for another', async () => {
  const { db, schema, log, fold } = await setUp({ datasets: [row] })
  await log.append(batch([[0, String(-MOST - 1n), Date.now(), [0, 7]]]))
  await fold.run()
  const parents = [String(MOST + 1n), String(2n ** 64n), '9'.repeat(19), String(-MOST - 1n), 'undefined']
  const asked = { dataset: row, fields: ['hits'], by: [], quantiles: [], parents }
  const rows = (await readTotals(db, schema, asked)) as any[]
  expect(rows.map(({ hits }) => hits.digits)).toEqual(['0', '0', '0', '7', '0'])
  expect(storedParent('bigint', '007')).toBe(7n)
  expect(storedParent('text', '\ud83d')).toBeUndefined()
  expect(isKeyOf(layoutOf(row)[0]!, [String(MOST + 1n)])).toBe(false)
})

test('a live stream tells of a parent however it was written', async () => {
  const { db, schema, log, fold } = await setUp({ datasets: [thing] })
  await log.append(batch([[0, ID, Date.now(), [0, 7]]]))
  await fold.run()
  const live = createLive({ db, schema, keys, datasets: [thing] })
  const headers = { authorization: 'Bearer k' }
  const answer = await live.route.request(`/v1/live?parent=${ID.toUpperCase()}`, { headers })
  expect(answer.status).toBe(200)
  const layout = layoutOf(thing)[0]!
  live.onCommitted([{ layout, rows: [{ parent: ID, bucket: 0, dimensions: [], states: [7] }] }])
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  let told = ''
  while (!told.includes('event: totals')) {
    const { value, done } = await reader.read()
    expect(done).toBe(false)
    told += value
  }
  expect(told).toContain(`{"parent":"${ID}","hits":7}`)
  live.close()
})

// Its offset was 44 minutes and 30 seconds until 1972, and is printed in minutes.
test('an export gives every row once, in a zone whose offset has seconds', async () => {
  const { db, schema } = await setUp({ datasets: [page] })
  const from = Date.parse('1971-01-01T00:44:30Z')
  await query(`insert into ${schema}.page_by_hour (parent, bucket, hits)
    select 'a', to_timestamp(${from / 1000} + n * 3600), n from generate_series(0, 450) n`)
  const layout = layoutOf(page).find(({ kind }) => kind === 'hour')!
  const hits: string[] = []
  const asked: ExportQuery = { layout, fields: ['hits', 'who'], after: undefined, quantiles: [] }
  for (let after: string[] | undefined, i = 0; i < 4; i++) {
    const { rows, next } = await readPage(db, schema, { ...asked, after })
    for (const { results } of rows) hits.push((results[0] as { digits: string }).digits)
    if (i === 0)
      expect(next).toEqual(['a', new Date(from + 199 * HOUR).toISOString().replace('.000Z', '+00:00')])
    after = next
    if (!next) break
  }
  expect(hits).toEqual(Array.from({ length: 451 }, (_, n) => String(n)))
})
