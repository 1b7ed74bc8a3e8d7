import { counter, custom, defineDataset, sum } from '@trackable/dataset'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LoggedBatch } from '../log/event-log.ts'
import { batch, event, foldTables, MIDNIGHT } from './fold.setup.ts'
import { createFold } from './fold.ts'

const TABLES = ['article', 'article_by_dimensions', 'article_by_hour', 'article_by_day']
const { setUp, query } = foldTables()

describe('the fold', () => {
  test('adds events up in every table, in the zone of the dataset', async () => {
    const { log, fold, rows } = await setUp()
    await log.append(
      batch([event('a', MIDNIGHT - 1, 1, 'DE'), event('a', MIDNIGHT, 2, 'DE'), event('A', MIDNIGHT, 5)]),
    )
    expect(await fold.run()).toBe(3)
    expect(await rows('article')).toEqual([
      { parent: 'A', impressions: 5, revenue: 2.5 },
      { parent: 'a', impressions: 3, revenue: 5 },
    ])
    expect(await rows('article_by_day')).toEqual([
      { parent: 'A', bucket: '2026-03-28T23:00:00+00:00', country: '', impressions: 5, revenue: 2.5 },
      {
        parent: 'a',
        bucket: '2026-03-27T23:00:00+00:00',
        country: 'DE',
        impressions: 1,
        revenue: 2.5,
      },
      {
        parent: 'a',
        bucket: '2026-03-28T23:00:00+00:00',
        country: 'DE',
        impressions: 2,
        revenue: 2.5,
      },
    ])
  })

  test('merges each event once, however many rows with states a commit would have', async () => {
    let added = 0
    const tally = custom({
      empty: () => 0,
      add(state: number, more: number) {
        added++
        return state + more
      },
      merge: (a, b) => a + b,
      result: (state) => state,
      input: Number,
    })
    const page = defineDataset('page', { fields: { tally } })
    const { log, fold, schema } = await setUp({ datasets: [page] })
    const BATCHES = 25
    for (let n = 0; n < BATCHES; n++) {
      await log.append(batch(Array.from({ length: 1000 }, (_, i) => [0, `p${n}-${i}`, MIDNIGHT, [0, 1], []])))
    }
    expect(await fold.run()).toBe(BATCHES * 1000)
    expect(
      await query(`select count(*)::int as rows, sum(tally::text::int)::int as sum from ${schema}.page`),
    ).toEqual([{ rows: BATCHES * 1000, sum: BATCHES * 1000 }])
    expect(added).toBe(BATCHES * 1000)
  })

  test('counts a batch once that is in the log again, in one group and in another', async () => {
    const { log, fold, rows, status } = await setUp()
    const twice = batch([event('a', MIDNIGHT, 1), event('b', MIDNIGHT, 1)])
    await log.append(twice)
    await log.append(twice)
    await fold.run()
    await log.append(twice)
    await fold.run()
    expect(await rows('article')).toMatchObject([{ impressions: 1 }, { impressions: 1 }])
    expect(await status()).toMatchObject({ received: 6, accepted: 6, folded: 2, duplicates: 4, waiting: 0 })
  })

  test('counts the rows of an import once, whatever the batch is called', async () => {
    const { log, fold, rows, status } = await setUp()
    const part = { name: 'history', generation: 0, from: 0, to: 2 }
    await log.append({ ...batch([event('a', MIDNIGHT, 1)]), import: part })
    await log.append({
      ...batch([event('a', MIDNIGHT, 1), event('b', MIDNIGHT, 1)]),
      import: { ...part, to: 3 },
    })
    await fold.run()
    await log.append({ ...batch([event('a', MIDNIGHT, 1)]), import: part })
    await log.append({ ...batch([event('a', MIDNIGHT, 1)]), import: { ...part, generation: 1 } })
    await fold.run()
    expect(await rows('article')).toMatchObject([{ parent: 'a', impressions: 2 }])
    expect(await status()).toMatchObject({ folded: 2, duplicates: 3 })
  })

  test('of the same batch in two logs, folded at once, counts one', async () => {
    const first = await setUp()
    const second = await setUp({ schema: first.schema })
    for (let round = 0; round < 5; round++) {
      const shared = batch([event('a', MIDNIGHT, 1)])
      await Promise.all([first.log.append(shared), second.log.append(shared)])
      await Promise.all([first.fold.run(), second.fold.run()])
    }
    expect(await first.rows('article')).toMatchObject([{ impressions: 5 }])
  })

  test('of two folds on one log, lets one win', async () => {
    const { log, fold, rows, options, status } = await setUp()
    const rival = createFold(options)
    for (let round = 0; round < 20; round++) {
      await log.append(batch([event('a', MIDNIGHT, 1)]))
      await Promise.all([fold.run(), rival.run()])
    }
    expect(await rows('article')).toMatchObject([{ impressions: 20 }])
    expect(await status()).toMatchObject({ received: 20, folded: 20, duplicates: 0 })
  })

  test('admits values of a dimension in log order up to its cap, and keeps totals exact', async () => {
    const { log, fold, rows } = await setUp()
    const countries = ['DE', 'FR', 'DE', 'IT', 'ES', '', 'PT', 'FR']
    await log.append(batch(countries.map((country) => event('a', MIDNIGHT, 1, country))))
    await fold.run()
    await log.append(batch([event('a', MIDNIGHT, 1, 'PT'), event('a', MIDNIGHT, 1, 'IT')]))
    await fold.run()
    const counted = (await rows('article_by_dimensions')).map((row) => [row.country, row.impressions])
    expect(new Map(counted as [string, number][])).toEqual(
      new Map([
        ['', 1],
        ['DE', 2],
        ['FR', 2],
        ['IT', 2],
        ['(other)', 3],
      ]),
    )
    expect(await rows('article')).toMatchObject([{ impressions: 10 }])
  })

  test('makes a dead letter of the one event that does not fit, and counts its neighbours', async () => {
    const { log, fold, rows, status, schema } = await setUp()
    const fits = '9223372036854775807'
    await log.append(
      batch([
        event('a', MIDNIGHT, fits),
        event('b', MIDNIGHT, 1),
        event('a', MIDNIGHT, 7),
        event('c', MIDNIGHT, 1),
      ]),
    )
    await log.append(batch([event('b', MIDNIGHT, 1)]))
    await fold.run()
    expect(await rows('article')).toMatchObject([
      { parent: 'a' },
      { parent: 'b', impressions: 2 },
      { parent: 'c', impressions: 1 },
    ])
    expect(await status()).toMatchObject({ accepted: 5, folded: 4, dead: 1, waiting: 0 })
    const [dead] = await query(`select * from ${schema}._dead_letters`)
    expect(dead).toMatchObject({
      code: 'overflow',
      event_index: 2,
      event: { parent: 'a', fields: { impressions: 7 } },
    })
  })

  test('waits, and makes no dead letter, where the database refuses for another reason', async () => {
    const { log, fold, status, schema } = await setUp()
    await query(`alter table ${schema}.article rename to away`)
    await log.append(batch([event('a', MIDNIGHT, 1)]))
    await expect(fold.run()).rejects.toThrow()
    expect(await status()).toMatchObject({ accepted: 1, folded: 0, dead: 0, waiting: 1 })
    await query(`alter table ${schema}.away rename to article`)
    await fold.run()
    expect(await status()).toMatchObject({ folded: 1, waiting: 0 })
  })

  test('folds events of older definitions, and sets aside what is no longer declared', async () => {
    const older = defineDataset('article', {
      fields: { revenue: sum({ scale: 3 }), gone: counter(), impressions: counter() },
      dimensions: { country: {} },
    })
    const { log, fold, rows, status } = await setUp({ logged: [older] })
    await log.append(
      batch([
        [0, 'a', MIDNIGHT, [0, 1500, 2, 4], ['DE']],
        [0, 'a', MIDNIGHT, [1, 1], ['']],
        [0, 'a', MIDNIGHT, [0, 1501], ['']],
      ]),
    )
    await fold.run()
    expect(await rows('article')).toMatchObject([{ impressions: 4, revenue: 1.5 }])
    expect(await status()).toMatchObject({ folded: 1, dead: 2 })
  })

  test('gives the same tables for any order and grouping of the same batches', async () => {
    const events = fc.array(
      fc.tuple(
        fc.constantFrom('a', 'b', 'é', '"\\{},'),
        fc.integer({ min: 0, max: 3e8 }),
        fc.integer(),
        fc.constantFrom('', 'DE'),
      ),
      { minLength: 1, maxLength: 30 },
    )
    const flatten = async (batches: LoggedBatch[], groups: number) => {
      const { log, fold, rows, schema } = await setUp()
      for (const [i, one] of batches.entries()) {
        await log.append(one)
        if (i % groups === 0) await fold.run()
      }
      await fold.run()
      const tables = []
      for (const table of TABLES) tables.push(await rows(table))
      await query(`drop schema ${schema} cascade`)
      return tables
    }
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 1, max: 5 }), async (made, groups) => {
        const batches = made.map(([parent, at, n, country]) =>
          batch([event(parent, MIDNIGHT + at, n, country)]),
        )
        const shuffled = [...batches, ...batches.slice(0, 5)].reverse()
        expect(await flatten(shuffled, groups)).toEqual(await flatten(batches, 100))
      }),
      { numRuns: 8 },
    )
  }, 120_000)

  test('folds about as many events as it is told, whole batches', async () => {
    const { log, fold, status } = await setUp()
    for (let i = 0; i < 5; i++) await log.append(batch([event('a', MIDNIGHT, 1), event('b', MIDNIGHT, 1)]))
    expect(await fold.run({ maxEvents: 5 })).toBe(6)
    expect(await status()).toMatchObject({ folded: 6, waiting: 4 })
    expect(await fold.run()).toBe(4)
  })
})
