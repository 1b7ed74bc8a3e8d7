import { counter, defineDataset } from '@trackable/dataset'
import { describe, expect, test } from 'vitest'
import { addLost, setPaused } from '../db/logs.ts'
import type { EventLog, LogView } from '../log/event-log.ts'
import { batch, event, foldTables, MIDNIGHT } from './fold.setup.ts'
import { createFold } from './fold.ts'
import { findGap } from './gap.ts'
import { replayLetters } from './replay.ts'
import { verify } from './verify.ts'

const { setUp, query } = foldTables()
const TOO_MUCH = '9223372036854775807'

describe('an operator', () => {
  test('pauses a log, and lets it go on', async () => {
    const { log, fold, db, schema, status } = await setUp()
    await log.append(batch([event('a', MIDNIGHT, 1)]))
    await fold.run()
    await setPaused(db, schema, log.id, true)
    await log.append(batch([event('a', MIDNIGHT, 1)]))
    expect(await fold.run()).toBe(0)
    expect(await status()).toMatchObject({ paused: true, waiting: 1, folded: 1 })
    await setPaused(db, schema, log.id, false)
    expect(await fold.run()).toBe(1)
    expect(await status()).toMatchObject({ paused: false, waiting: 0, folded: 2 })
  })

  test('folds strictly up to the batch that cannot be folded, and no further', async () => {
    const { log, fold, rows, status } = await setUp()
    await log.append(batch([event('a', MIDNIGHT, 1)]))
    await log.append(
      batch([event('b', MIDNIGHT, TOO_MUCH), event('b', MIDNIGHT, 9), event('c', MIDNIGHT, 1)]),
    )
    await log.append(batch([event('a', MIDNIGHT, 1)]))
    for (let i = 0; i < 2; i++)
      await expect(fold.run({ strict: true })).rejects.toThrow('event 1 of the batch at')
    expect(await rows('article')).toMatchObject([{ parent: 'a', impressions: 1 }])
    expect(await status()).toMatchObject({ folded: 1, dead: 0, waiting: 4 })
    await fold.run()
    expect(await status()).toMatchObject({ folded: 4, dead: 1, waiting: 0 })
  })

  test('keeps no dead letters where they are dropped, and counts them still', async () => {
    const { log, fold, schema, status } = await setUp({ fold: { deadLetters: 'drop' } })
    await log.append(batch([event('b', MIDNIGHT, TOO_MUCH), event('b', MIDNIGHT, 9)]))
    await fold.run()
    expect(await status()).toMatchObject({ folded: 1, dead: 1 })
    expect(await query(`select * from ${schema}._dead_letters`)).toEqual([])
  })

  test('replays dead letters once the reason is gone: each counts once, and those that still fail stay', async () => {
    const { log, fold, rows, status, db, schema, options } = await setUp()
    await query(`alter table ${schema}.article add constraint small check (impressions < 100)`)
    await log.append(
      batch([event('a', MIDNIGHT, 500, 'DE'), event('b', MIDNIGHT, 1), event('c', MIDNIGHT, 200)]),
    )
    await fold.run()
    expect(await status()).toMatchObject({ folded: 1, dead: 2 })
    await query(`alter table ${schema}.article drop constraint small, add check (impressions < 400)`)
    const replay = () => replayLetters(db, schema, options.datasets, { dataset: 'article' })
    expect(await replay()).toEqual({ replayed: 1, left: 1 })
    expect(await replay()).toEqual({ replayed: 0, left: 1 })
    expect(await rows('article')).toMatchObject([
      { parent: 'b', impressions: 1 },
      { parent: 'c', impressions: 200, revenue: 2.5 },
    ])
    expect(await status()).toMatchObject({ accepted: 3, folded: 2, dead: 1, waiting: 0 })
    expect(await verify({ ...options, db, schema })).toEqual([])
  })

  test('replays a dead letter once, also when it is replayed by two at once', async () => {
    const { log, fold, rows, status, db, schema, options } = await setUp()
    await query(`alter table ${schema}.article add constraint small check (impressions < 100)`)
    await log.append(batch([event('a', MIDNIGHT, 500)]))
    await fold.run()
    await query(`alter table ${schema}.article drop constraint small`)
    const replay = () => replayLetters(db, schema, options.datasets, {})
    const [first, second] = await Promise.allSettled([replay(), replay()])
    expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected'])
    expect(await rows('article')).toMatchObject([{ parent: 'a', impressions: 500 }])
    expect(await status()).toMatchObject({ folded: 1, dead: 0 })
  })

  test('replays what a definition lacked that has come back', async () => {
    const narrow = defineDataset('article', { fields: { impressions: counter() } })
    const { log, fold, schema, db, status } = await setUp({ datasets: [narrow] })
    const wide = defineDataset('article', { fields: { impressions: counter(), shares: counter() } })
    const logged = await setUp({ datasets: [narrow], schema, logged: [wide] })
    await logged.log.append(batch([[0, 'a', MIDNIGHT, [0, 1, 1, 4]]]))
    await logged.fold.run()
    expect(await logged.status()).toMatchObject({ dead: 1 })
    await setUp({ datasets: [wide], schema })
    expect(await replayLetters(db, schema, [wide], {})).toEqual({ replayed: 1, left: 0 })
    expect(await query(`select impressions, shares from ${schema}.article`)).toMatchObject([
      { impressions: expect.anything(), shares: expect.anything() },
    ])
    await fold.run()
    expect([log.id, (await status()).dead]).toEqual([log.id, 0])
  })
})

describe('a database that was restored from an older backup', () => {
  /** A log whose oldest records are trimmed, though the database has not counted them. */
  function trimmed(log: EventLog, before: Partial<LogView['before']>): EventLog {
    const whole = { batches: 0, received: 0, accepted: 0, rejected: {}, dropped: {}, ...before }
    return {
      ...log,
      view: async (after) => {
        const view = await log.view(after)
        return after === null ? view : { ...view, place: 'behind', before: whole }
      },
    }
  }

  test('is not gone on with silently: what is missing is named, and wants to be accepted', async () => {
    const { log, fold, options, database, db, schema, status } = await setUp()
    await log.append(batch([event('a', MIDNIGHT, 1)]))
    await fold.run()
    const behind = trimmed(log, { batches: 4, received: 9, accepted: 7 })
    const restored = createFold({ ...options, log: behind })
    await expect(restored.run()).rejects.toThrow('3 batches with 6 accepted events')
    const gap = await findGap(behind, await database.readLog(log.id))
    await addLost(db, schema, log.id, gap!)
    await restored.run()
    expect(await status()).toMatchObject({ lost: 6, accepted: 1, folded: 1, waiting: 0 })
  })
})

describe('verification', () => {
  test('agrees with what the fold has written, and finds a row that was changed by hand', async () => {
    const { log, fold, options, db, schema } = await setUp()
    const made = Array.from({ length: 20 }, (_, i) =>
      batch([event(`p${i % 3}`, MIDNIGHT + i * 3e6, i, 'DE')]),
    )
    for (const one of [...made, made[0]!]) await log.append(one)
    await fold.run()
    const check = () => verify({ ...options, db, schema })
    expect(await check()).toEqual([])
    await query(`update ${schema}.article set impressions = impressions + 1 where parent = 'p1'`)
    expect(await check()).toEqual([
      'article.impressions sums up to 191, and the fold has added 190: rows were changed by something else',
      ...['article_by_dimensions', 'article_by_hour', 'article_by_day'].map(
        (table) => `impressions of "p1" is 71 in article and 70 in ${table}`,
      ),
    ])
    await query(`update ${schema}.article set impressions = impressions - 1 where parent = 'p1'`)
    await query(`delete from ${schema}._batches where id = '${made[5]!.id}'`)
    expect(await check()).toEqual([
      expect.stringMatching(/^the batch at \S+ is behind the offset, and the ledger/),
    ])
  })

  test('leaves out a grain that was added later', async () => {
    const early = defineDataset('article', { fields: { n: counter() } })
    const first = await setUp({ datasets: [early] })
    await first.log.append(batch([[0, 'a', MIDNIGHT, [0, 5]]]))
    await first.fold.run()
    const late = defineDataset('article', {
      fields: { n: counter() },
      series: { grains: ['day'], zone: 'UTC' },
    })
    const second = await setUp({ datasets: [late], schema: first.schema })
    await second.log.append(batch([[0, 'a', MIDNIGHT, [0, 1]]]))
    await second.fold.run()
    const { db, schema, options } = second
    expect(await verify({ ...options, db, schema })).toEqual([])
  })
})
