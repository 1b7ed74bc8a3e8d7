import { counter, defineDataset, distribution, unique } from '@trackable/dataset'
import { describe, expect, test } from 'vitest'
import { migrate } from '../db/migrate.ts'
import { pruneBuckets } from '../db/prune-buckets.ts'
import { batch, foldTables } from './fold.setup.ts'
import { replayLetters } from './replay.ts'
import { verify } from './verify.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOON = Date.parse('2026-03-10T12:00:00Z')

const { setUp, query } = foldTables()
const visit = defineDataset('visit', {
  fields: { hits: counter() },
  dimensions: { country: {} },
  series: { grains: ['hour', 'day'], zone: 'Asia/Kathmandu', keep: { hour: '3d' } },
})
const hit = (at: number, hits: number, country = '') => [0, 'a', at, [0, hits], [country]] as any
const hitsIn = (rows: any[]) => rows.reduce((sum, { hits }) => sum + hits, 0)

describe('a grain that is kept for three days', () => {
  test('takes late events into their bucket, and older ones into the other tables only', async () => {
    const { log, fold, rows } = await setUp({ datasets: [visit] })
    const late = [
      hit(NOON - 3 * DAY, 1),
      hit(NOON - 3 * DAY - 1, 10),
      hit(NOON - 400 * DAY, 100),
      hit(NOON + DAY, 1000),
    ]
    await log.append(batch(late, undefined, NOON))
    await fold.run()
    expect(await rows('visit')).toMatchObject([{ hits: 1111 }])
    expect(await rows('visit_by_dimensions')).toMatchObject([{ hits: 1111 }])
    expect(hitsIn(await rows('visit_by_day'))).toBe(1111)
    expect(await rows('visit_by_hour')).toMatchObject([
      // In Kathmandu it is 17:45 then.
      { bucket: '2026-03-07T11:15:00+00:00', hits: 1 },
      { hits: 1000 },
    ])
  })

  // What arrived long ago and is folded now was young enough when it arrived: a refold must give the same.
  test('goes by the arrival, whenever the fold comes to it', async () => {
    const { log, fold, rows } = await setUp({ datasets: [visit] })
    await log.append(batch([hit(NOON - 400 * DAY, 7)], undefined, NOON - 399 * DAY))
    await fold.run()
    expect(hitsIn(await rows('visit_by_hour'))).toBe(7)
  })

  test('loses whole buckets once they have ended three days ago, so many rows at a time, and verifies still', async () => {
    const { log, fold, rows, db, schema, options } = await setUp({ datasets: [visit] })
    const events = Array.from({ length: 96 }, (_, i) => hit(NOON - i * HOUR, 1, `c${i % 3}`))
    for (const [i, one] of events.entries()) await log.append(batch([one], undefined, NOON - i * HOUR))
    await fold.run()
    expect(await rows('visit_by_hour')).toHaveLength(96)
    const prune = (now: number, limit: number) => pruneBuckets(db, schema, [visit], now, limit)
    expect(await prune(NOON, 10)).toBe(10)
    expect(await prune(NOON, 1000)).toBe(13)
    expect(await prune(NOON, 1000)).toBe(0)
    // The bucket in which the three days begin is kept whole.
    expect(await rows('visit_by_hour')).toHaveLength(73)
    expect((await rows('visit_by_hour'))[0]).toMatchObject({ bucket: '2026-03-07T11:15:00+00:00' })
    expect(hitsIn(await rows('visit_by_day'))).toBe(96)
    expect(await rows('visit')).toMatchObject([{ hits: 96 }])
    expect(await verify({ ...options, db, schema })).toEqual([])
  })

  test('verifies where fields have several columns, or none to which is added', async () => {
    const kept = { series: { grains: ['hour', 'day'], keep: { hour: '3d' } } } as const
    const seen = defineDataset('seen', { ...kept, fields: { who: unique() } })
    const timed = defineDataset('timed', { ...kept, fields: { took: distribution() } })
    const { log, fold, rows, db, schema, options } = await setUp({ datasets: [seen, timed] })
    for (const days of [9, 0]) {
      const at = NOON - days * DAY
      const events = [
        [0, 'a', at, [0, `00000000000000f${days}`]],
        [1, 'a', at, [0, 2.5]],
      ] as any
      await log.append(batch(events, undefined, at))
    }
    await fold.run()
    expect(await pruneBuckets(db, schema, [seen, timed], NOON, 1000)).toBe(2)
    expect(await rows('seen_by_hour')).toHaveLength(1)
    expect(await rows('timed_by_hour')).toMatchObject([{ took_count: 1, took_sum: 2.5 }])
    expect(await rows('timed')).toMatchObject([{ took_count: 2, took_sum: 5 }])
    expect(await verify({ ...options, db, schema })).toEqual([])
  })

  test('judges a dead letter by its arrival, too', async () => {
    const { log, fold, rows, db, schema } = await setUp({ datasets: [visit] })
    await query(`alter table ${schema}.visit add constraint small check (hits < 5)`)
    const arrival = NOON - 399 * DAY
    await log.append(batch([hit(NOON - 400 * DAY, 7), hit(NOON - 403 * DAY, 8)], undefined, arrival))
    await fold.run()
    await query(`alter table ${schema}.visit drop constraint small`)
    expect(await replayLetters(db, schema, [visit], {})).toEqual({ replayed: 2, left: 0 })
    expect(hitsIn(await rows('visit_by_hour'))).toBe(7)
    expect(await rows('visit')).toMatchObject([{ hits: 15 }])
    // Of a letter from before arrivals were kept it is when it became one.
    await query(`alter table ${schema}.visit add constraint small check (hits < 16)`)
    await log.append(batch([hit(NOON - 400 * DAY, 9)], undefined, arrival))
    await fold.run()
    await query(`alter table ${schema}.visit drop constraint small`)
    await query(`update ${schema}._dead_letters set arrived_at = null`)
    expect(await replayLetters(db, schema, [visit], {})).toEqual({ replayed: 1, left: 0 })
    expect(hitsIn(await rows('visit_by_hour'))).toBe(7)
  })

  test('is not pruned by a clock that is ahead of the database', async () => {
    const { log, fold, rows, db, schema } = await setUp({ datasets: [visit] })
    const now = Date.now()
    await log.append(batch([hit(now, 1)], undefined, now))
    await fold.run()
    expect(await pruneBuckets(db, schema, [visit], now + 400 * DAY, 1000)).toBe(0)
    expect(await rows('visit_by_hour')).toHaveLength(1)
  })
})

describe('a grain whose keep changes', () => {
  const keeping = (keep?: string) =>
    defineDataset('visit', {
      fields: { hits: counter() },
      series: { grains: ['day'], zone: 'UTC', ...(keep ? { keep: { day: keep } } : {}) },
    })
  const hitAt = (at: number): any => [0, 'a', at, [0, 1]]

  test('is not compared with the totals of the time when it was kept for a while', async () => {
    const { log, fold, rows, db, schema, options } = await setUp({ datasets: [keeping('3d')] })
    await log.append(batch([hitAt(NOON - 9 * DAY), hitAt(NOON)], undefined, NOON))
    await fold.run()
    expect(hitsIn(await rows('visit_by_day'))).toBe(1)
    await migrate(db, schema, [keeping()], false)
    expect(await verify({ ...options, datasets: [keeping()], db, schema })).toEqual([])
  })

  test('is not pruned any more by a collector that keeps it for less time', async () => {
    const { log, fold, rows, db, schema } = await setUp({ datasets: [keeping('3d')] })
    for (const at of [NOON - 9 * DAY, NOON]) await log.append(batch([hitAt(at)], undefined, at))
    await fold.run()
    await migrate(db, schema, [keeping('30d')], false)
    expect(await pruneBuckets(db, schema, [keeping('3d')], NOON, 1000)).toBe(0)
    expect(await rows('visit_by_day')).toHaveLength(2)
    expect(await pruneBuckets(db, schema, [keeping('30d')], NOON + 30 * DAY, 1000)).toBe(1)
  })
})
