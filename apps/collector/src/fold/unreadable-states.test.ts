import { counter, custom, defineDataset, distribution, unique } from '@trackable/dataset'
import { describe, expect, test } from 'vitest'
import { readTop } from '../read/top.ts'
import { readTotals } from '../read/totals.ts'
import { batch, foldTables, MIDNIGHT } from './fold.setup.ts'
import { replayLetters } from './replay.ts'

const { setUp, query } = foldTables()

const seen = defineDataset('seen', {
  fields: {
    hits: counter(),
    who: unique(),
    took: distribution(),
    list: custom({
      empty: () => 0,
      add: (state, value: number) => state + value,
      merge: (a, b) => a + b,
      result: (state) => state,
      input: (value) => value as number,
    }),
  },
  dimensions: { country: {} },
  series: { grains: ['day'], zone: 'UTC' },
})
const other = defineDataset('other', { fields: { hits: counter() } })
const event = (parent: string, who: string): any => [
  0,
  parent,
  MIDNIGHT,
  [0, 1, 1, who.padStart(16, '0'), 2, 1.5, 3, 1],
  ['DE'],
]

/** What was there before, in the bytes of somebody else. */
const STRANGE: [string, string, string][] = [
  ['of another precision', 'who', `'\\x128b7f'`],
  ['of other bytes', 'who', `'\\x00'`],
  ['of other bytes', 'took', `'\\xff00ff'`],
]

async function setUpStrange(column: string, bytes: string) {
  const set = await setUp({ datasets: [seen, other] })
  await set.log.append(batch([event('a', '1'), event('b', '2')]))
  await set.fold.run()
  await query(`update ${set.schema}.seen set ${column} = ${bytes} where parent = 'a'`)
  return set
}

describe('a stored sketch that cannot be read', () => {
  test.each(STRANGE)('costs the events of its row, and no others: %s, %s', async (_, column, bytes) => {
    const { db, schema, log, fold, rows, status } = await setUpStrange(column, bytes)
    await log.append(batch([event('a', '3'), event('b', '4'), [1, 'x', MIDNIGHT, [0, 1]] as any]))
    await fold.run()
    expect(await rows('other')).toMatchObject([{ hits: 1 }])
    expect(await rows('seen')).toMatchObject([
      { parent: 'a', hits: 1 },
      { parent: 'b', hits: 2, who_count: 2, took_count: 2 },
    ])
    const [letter] = await query(`select code, message from ${schema}._dead_letters`)
    expect(letter).toMatchObject({ code: 'aggregate_failed' })
    expect(letter.message).toContain(`seen.${column} of ["a"] cannot be read`)
    expect(await status()).toMatchObject({ accepted: 5, folded: 4, dead: 1, waiting: 0 })
    expect(await replayLetters(db, schema, [seen, other], {})).toEqual({ replayed: 0, left: 1 })
    // Mended by hand, the letter counts.
    await query(`update ${schema}.seen set ${column} = default where parent = 'a'`)
    expect(await replayLetters(db, schema, [seen, other], {})).toEqual({ replayed: 1, left: 0 })
    expect(await rows('seen')).toMatchObject([{ parent: 'a', hits: 2 }, { parent: 'b' }])
  })

  test.each(STRANGE)(
    'reads as null, beside fields and rows that can be read: %s, %s',
    async (_, column, bytes) => {
      const { db, schema } = await setUpStrange(column, bytes)
      const asked = { dataset: seen, fields: ['hits', 'who', 'took'], by: [], quantiles: [0.5] }
      const rows = await readTotals(db, schema, { ...asked, parents: ['a', 'b'] })
      expect(rows).toMatchObject([
        { parent: 'a', hits: { digits: '1' }, [column]: { json: 'null' } },
        { parent: 'b', hits: { digits: '1' }, who: { json: '1' } },
      ])
    },
  )

  test('has no place among the top of a span', async () => {
    const { db, schema } = await setUpStrange('who', `'\\x00'`)
    await query(`update ${schema}.seen_by_day set who = '\\x00' where parent = 'a'`)
    const span = { grain: 'day' as const, from: MIDNIGHT - 86_400_000, to: MIDNIGHT + 86_400_000 }
    const asked = {
      dataset: seen,
      fields: ['hits', 'who'],
      by: [],
      quantiles: [0.5],
      limit: 9,
      after: undefined,
    }
    const top = await readTop(db, schema, { ...asked, field: 'who', span })
    expect(top).toMatchObject({ rows: [{ parent: 'b', who: { json: '1' } }] })
  })
})
