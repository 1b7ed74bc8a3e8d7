import { counter, type Dataset, defineDataset, distribution, max, min, sum, unique } from '@trackable/dataset'
import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { isApplied, migrate, planFor } from '../db/migrate.ts'
import { createMemoryLog } from '../log/memory.ts'
import { batch, foldTables, MIDNIGHT } from './fold.setup.ts'
import { createFold } from './fold.ts'
import { replayLetters } from './replay.ts'
import { StaleDefinitionsError } from './stale.ts'

const { setUp, query } = foldTables()

const base = {
  fields: { hits: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: {}, device: {} },
  series: { grains: ['day'], zone: 'Europe/Berlin' },
} as const
const before = defineDataset('page', base)
const other = defineDataset('other', { fields: { hits: counter() } })

/** One hit and 1.25 of a phone in Germany, and one event of another dataset. */
const WAITING = [
  [0, 'a', MIDNIGHT, [0, 1, 1, 125], ['DE', 'phone']],
  [1, 'b', MIDNIGHT, [0, 1]],
] as any[]

/** Events wait in the log, written under the old definitions; then the configuration changes. */
async function changeTo(datasets: Dataset[], events = WAITING) {
  const made = await setUp({ datasets: [before, other] })
  const { db, schema, log, options } = made
  await log.append(batch(events))
  await migrate(db, schema, datasets, true)
  const fold = createFold({ ...options, datasets, isNewest: () => isApplied(db, schema, datasets) })
  await fold.run()
  const dead = () => query(`select code, message from ${schema}._dead_letters order by id`)
  const replay = async (again: Dataset[]) => {
    await migrate(db, schema, again, true)
    return replayLetters(db, schema, again, {})
  }
  return { ...made, dead, replay }
}

describe('an event that waits while the configuration changes', () => {
  test('of a dataset that is gone is a dead letter, and counts when the dataset is back', async () => {
    const { rows, dead, replay, status } = await changeTo([other])
    expect(await dead()).toMatchObject([{ code: 'definition_changed' }])
    expect(await rows('other')).toMatchObject([{ parent: 'b', hits: 1 }])
    expect(await status()).toMatchObject({ accepted: 2, folded: 1, dead: 1, waiting: 0 })
    expect(await replay([before, other])).toEqual({ replayed: 1, left: 0 })
    expect(await rows('page')).toMatchObject([{ parent: 'a', hits: 1, revenue: 1.25 }])
    expect(await status()).toMatchObject({ accepted: 2, folded: 2, dead: 0 })
  })

  test.each([
    ['a field', defineDataset('page', { ...base, fields: { hits: counter() } })],
    ['a dimension', defineDataset('page', { ...base, dimensions: { country: {} } })],
    [
      'the kind of a field',
      defineDataset('page', { ...base, fields: { hits: sum({ scale: 0 }), revenue: sum({ scale: 2 }) } }),
    ],
    ['the type of the parent', defineDataset('page', { ...base, parent: 'uuid' })],
    [
      'a scale that its digits do not fit',
      defineDataset('page', { ...base, fields: { hits: counter(), revenue: sum({ scale: 1 }) } }),
    ],
  ])('and needs what is gone or otherwise now, %s, is a dead letter until it is back', async (_, changed) => {
    const { rows, dead, replay, status } = await changeTo([changed, other])
    expect(await dead()).toMatchObject([{ code: 'definition_changed' }])
    expect(await rows('page')).toEqual([])
    expect(await replay([changed, other])).toEqual({ replayed: 0, left: 1 })
    expect(await replay([before, other])).toEqual({ replayed: 1, left: 0 })
    expect(await rows('page_by_day')).toMatchObject([
      { country: 'DE', device: 'phone', hits: 1, revenue: 1.25 },
    ])
    expect(await status()).toMatchObject({ accepted: 2, folded: 2, dead: 0 })
  })

  test('counts where a field, a dimension, a grain or digits were added, and starts what is new empty', async () => {
    const wider = defineDataset('page', {
      ...base,
      fields: { likes: counter(), revenue: sum({ scale: 3 }), hits: counter() },
      dimensions: { device: {}, browser: {}, country: {} },
      series: { grains: ['month', 'day'], zone: 'Europe/Berlin' },
    })
    const { rows, dead } = await changeTo([other, wider])
    expect(await dead()).toEqual([])
    const row = { country: 'DE', device: 'phone', browser: '', hits: 1, revenue: 1.25, likes: 0 }
    expect(await rows('page_by_day')).toMatchObject([row])
    expect(await rows('page_by_month')).toMatchObject([row])
  })

  test('counts into the buckets of the new zone, where the zone has changed', async () => {
    const moved = defineDataset('page', { ...base, series: { grains: ['day'], zone: 'America/New_York' } })
    const { rows, dead } = await changeTo([moved, other])
    expect(await dead()).toEqual([])
    expect(await rows('page_by_day')).toMatchObject([{ bucket: '2026-03-28T04:00:00+00:00', hits: 1 }])
  })

  test('counts under its own value where a cap was lowered: what is admitted is so for good', async () => {
    const { log, fold, rows, db, schema, options } = await setUp({ datasets: [before] })
    await log.append(batch([0, 1, 2].map((i) => [0, 'a', MIDNIGHT, [0, 1], [`c${i}`, '']] as any)))
    await fold.run()
    const narrow = defineDataset('page', { ...base, dimensions: { country: { maxValues: 1 }, device: {} } })
    await migrate(db, schema, [narrow], false)
    await log.append(batch([1, 3].map((i) => [0, 'a', MIDNIGHT, [0, 1], [`c${i}`, '']] as any)))
    await createFold({ ...options, datasets: [narrow] }).run()
    const counted = (await rows('page_by_dimensions')).map(({ country, hits }) => [country, hits])
    expect(counted.sort()).toEqual([
      ['(other)', 1],
      ['c0', 1],
      ['c1', 2],
      ['c2', 1],
    ])
  })
})

describe('a migration that was killed', () => {
  test('before it took the key that it had built, does not leave it to one of other dimensions', async () => {
    const { db, schema, options } = await setUp({ datasets: [before] })
    const wider = (name: string) =>
      defineDataset('page', { ...base, dimensions: { ...base.dimensions, [name]: {} } })
    const { transactions } = await planFor(db, schema, [wider('browser')])
    for (const text of transactions.slice(0, -1)) await db.execute(sql.raw(text))
    await migrate(db, schema, [wider('medium')], false)
    const events = ['web', 'mail'].map((medium) => [0, 'a', MIDNIGHT, [0, 1], ['DE', 'phone', medium]])
    const written = createMemoryLog(JSON.parse(JSON.stringify([wider('medium')])))
    await written.append(batch(events as any))
    await createFold({ ...options, log: written, datasets: [wider('medium')] }).run()
    const found = await query(`select medium, hits::int from ${schema}.page_by_day order by medium`)
    expect(found).toEqual([
      { medium: 'mail', hits: 1 },
      { medium: 'web', hits: 1 },
    ])
  })
})

describe('a collector that still has the old definitions', () => {
  async function rolling(datasets: Dataset[]) {
    const made = await setUp({ datasets: [before] })
    const { db, schema, log, options } = made
    const fold = createFold({ ...options, isNewest: () => isApplied(db, schema, [before]) })
    await log.append(batch([WAITING[0]]))
    await fold.run()
    await migrate(db, schema, datasets, true)
    await log.append(batch([WAITING[0]]))
    const restart = () => createFold({ ...options, datasets }).run()
    return { ...made, fold, restart }
  }

  test('goes on folding where something was added', async () => {
    const wider = defineDataset('page', {
      ...base,
      fields: { ...base.fields, likes: counter() },
      dimensions: { ...base.dimensions, browser: {} },
    })
    const { fold, rows } = await rolling([wider])
    expect(await fold.run()).toBe(1)
    expect(await rows('page_by_day')).toMatchObject([{ hits: 2, revenue: 2.5, browser: '', likes: 0 }])
  })

  // Without the meaning in the name of its function it would fill the new zone's table with the old zone's buckets.
  test.each([
    ['the zone', defineDataset('page', { ...base, series: { grains: ['day'], zone: 'Asia/Tokyo' } })],
    ['a field that is gone', defineDataset('page', { ...base, fields: { hits: counter() } })],
    ['a dimension that is gone', defineDataset('page', { ...base, dimensions: { country: {} } })],
  ])('waits to be restarted where %s changed, and loses nothing', async (_, changed) => {
    const { fold, rows, status, restart } = await rolling([changed])
    await expect(fold.run()).rejects.toThrow(StaleDefinitionsError)
    expect(await status()).toMatchObject({ folded: 1, dead: 0, waiting: 1 })
    await restart()
    expect(await status()).toMatchObject({ accepted: 2, waiting: 0 })
    const days = (await rows('page_by_day')).map(({ bucket }) => bucket)
    if (changed.series!.zone === 'Asia/Tokyo') expect(days).toEqual(['2026-03-28T15:00:00+00:00'])
  })

  describe('with states', () => {
    const parts = { dimensions: { country: {} }, series: { grains: ['day'] } } as const
    const seen = defineDataset('seen', { ...parts, fields: { who: unique(), low: min() } })
    const VISIT = [0, 'a', MIDNIGHT, [0, '00000000000000ff', 1, 5], ['DE']] as any
    async function changed(after: Dataset) {
      const made = await setUp({ datasets: [seen] })
      const { db, schema, log, options } = made
      const fold = createFold({ ...options, isNewest: () => isApplied(db, schema, [seen]) })
      await log.append(batch([VISIT]))
      await fold.run()
      await migrate(db, schema, [after], true)
      await log.append(batch([[0, 'a', MIDNIGHT, [0, '0000000000000001'], ['DE']] as any]))
      return { ...made, fold, restart: () => createFold({ ...options, datasets: [after] }).run() }
    }

    test('goes on where a field with states was added, which stays empty', async () => {
      const fields = { took: distribution(), ...seen.fields }
      const { fold, rows, restart, log } = await changed(defineDataset('seen', { ...parts, fields }))
      expect(await fold.run()).toBe(1)
      expect(await rows('seen_by_day')).toMatchObject([
        { who_count: 2, low: 5, took_count: 0, took_min: null },
      ])
      await log.append(batch([VISIT]))
      await restart()
      expect(await rows('seen')).toMatchObject([{ who_count: 2, low: 5 }])
    })

    // Its function would find the rows of every device, where it read those of none.
    test.each([
      [
        'a dimension was added',
        defineDataset('seen', { ...parts, fields: seen.fields, dimensions: { country: {}, device: {} } }),
      ],
      [
        'the same columns are of another kind',
        defineDataset('seen', { ...parts, fields: { who: unique(), low: max() } }),
      ],
      ['states that it reads are gone', defineDataset('seen', { ...parts, fields: { low: min() } })],
      ['its dataset is gone', other],
    ])('waits to be restarted where %s', async (_, after) => {
      const { fold, status } = await changed(after)
      await expect(fold.run()).rejects.toThrow(StaleDefinitionsError)
      expect(await status()).toMatchObject({ folded: 1, dead: 0, waiting: 1 })
    })
  })

  test('makes no dead letter of what the newer definitions may declare', async () => {
    const wider = defineDataset('page', { ...base, fields: { ...base.fields, likes: counter() } })
    const { db, schema, options } = await setUp({ datasets: [before] })
    await migrate(db, schema, [wider], false)
    const shared = await setUp({ datasets: [wider], schema, logged: [wider] })
    await shared.log.append(batch([[0, 'a', MIDNIGHT, [2, 5], ['', '']]]))
    const old = { ...options, log: shared.log, isNewest: () => isApplied(db, schema, [before]) }
    await expect(createFold(old).run()).rejects.toThrow(StaleDefinitionsError)
    await shared.fold.run()
    expect(await shared.rows('page')).toMatchObject([{ likes: 5 }])
  })
})
