import { describe, expect, test } from 'vitest'
import { pruneLedger, reportOldest, setOffset } from '../db/logs.ts'
import { createMemoryLog } from '../log/memory.ts'
import { article, batch, event, foldTables, MIDNIGHT } from './fold.setup.ts'
import { createFold } from './fold.ts'
import { createHousekeeping } from './housekeeping.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const WINDOW = 7 * DAY
const { setUp, query } = foldTables()

// Guarantee 2, repeats: each line of `_fold_begin` and of housekeeping was taken out once. Without the look at
// `_batches`, `_import_batches` or `_repeats` the first test fails; without that at `_ledger` "of a log that nobody
// knew"; with the oldest of one log instead of all "is not pruned while another log"; without the look at the clock
// "keeps its ids when the clock is set".
describe('a log that is read again', () => {
  test('counts nothing twice, and every count stays as it was', async () => {
    const { log, db, schema, options, rows, status } = await setUp()
    const twice = batch([event('a', MIDNIGHT, 1)])
    const part = { name: 'history', generation: 0, from: 0, to: 1 }
    for (const one of [twice, batch([event('b', MIDNIGHT, 1)]), twice]) await log.append(one)
    await log.append({ ...batch([event('a', MIDNIGHT, 1)]), import: part })
    await log.append({ ...batch([event('a', MIDNIGHT, 1)]), import: part })
    await log.append({ ...batch([]), received: 2, dropped: { bot: 2 } })
    await createFold(options).run()
    const before = { tables: await rows('article'), status: await status() }
    for (const from of [null, (await log.read(null, 1e6))[1]!.position]) {
      await setOffset(db, schema, log.id, before.status.offset, from)
      await createFold(options).run()
      expect({ tables: await rows('article'), status: await status() }).toEqual(before)
    }
    expect(before.status).toMatchObject({ received: 7, accepted: 5, dropped: 2, folded: 3, duplicates: 2 })
  })

  test('knows further copies that came in later groups', async () => {
    const { log, db, schema, fold, options, status } = await setUp()
    const again = batch([event('a', MIDNIGHT, 1)])
    for (let i = 0; i < 3; i++) {
      await log.append(again)
      await fold.run()
    }
    const before = await status()
    await setOffset(db, schema, log.id, before.offset, null)
    for (let i = 0; i < 3; i++) {
      await createFold(options).run({ maxEvents: 1 })
      // Exact on the way too.
      expect(await status()).toEqual({ ...before, offset: expect.any(String) })
    }
    expect(await status()).toEqual(before)
    expect(before).toMatchObject({ folded: 1, duplicates: 2 })
  })
})

describe('the ledger', () => {
  /** Days pass: housekeeping as the collector runs it, on a clock of the test's own. */
  async function running() {
    const made = await setUp()
    const { db, schema, log } = made
    const clock = { now: MIDNIGHT, elapsed: 0 }
    const keepHouse = createHousekeeping({
      log,
      reportOldest: (oldest) => reportOldest(db, schema, log.id, oldest),
      pruneLedger: (limit) => pruneLedger(db, schema, WINDOW, limit),
      pruneBuckets: async () => 0,
      now: () => clock.now,
      elapsed: () => clock.elapsed,
    })
    const pass = (ms: number) => {
      clock.now += ms
      clock.elapsed += ms
    }
    const ids = async () => Number((await query(`select count(*) as n from ${schema}._batches`))[0].n)
    const fold = createFold({ ...made.options, logKeepMs: 72 * HOUR, now: () => clock.now })
    return { ...made, clock, pass, keepHouse, ids, fold }
  }

  test('forgets an id only after the window, a day, and when no log keeps what arrived then', async () => {
    const { log, fold, pass, clock, keepHouse, ids } = await running()
    for (let day = 0; day < 14; day++) {
      await log.append(batch([event('a', clock.now, 1)], undefined, clock.now))
      await fold.run()
      pass(DAY)
      await keepHouse()
      // 72 hours in the log, the window, and a day.
      expect(await ids()).toBeGreaterThanOrEqual(Math.min(day + 1, 3 + 7 + 1 - 1))
    }
    expect(await ids()).toBeLessThan(14)
  })

  test('is not pruned while another log, stalled, still holds the second copy', async () => {
    const { log, fold, pass, clock, keepHouse, ids, schema, db, rows, status } = await running()
    const copied = batch([event('a', clock.now, 1)], undefined, clock.now)
    const stalled = await setUp({ schema })
    await stalled.log.append({ ...copied, arrival: clock.now + HOUR })
    await reportOldest(db, schema, stalled.log.id, clock.now + HOUR)
    await log.append(copied)
    for (let day = 0; day < 30; day++) {
      await fold.run()
      pass(DAY)
      await log.append(batch([event('b', clock.now, 1)], undefined, clock.now))
      await keepHouse()
    }
    expect(await ids()).toBe(30)
    await stalled.fold.run()
    expect(await rows('article')).toMatchObject([{ parent: 'a', impressions: 1 }, { parent: 'b' }])
    expect(await stalled.status()).toMatchObject({ folded: 0, duplicates: 1 })
    expect(await status()).toMatchObject({ dead: 0 })
  })

  test('keeps its ids when the clock is set forward, and when it is set back', async () => {
    const { log, fold, pass, clock, keepHouse, ids } = await running()
    await log.append(batch([event('a', clock.now, 1)], undefined, clock.now))
    await fold.run()
    pass(HOUR)
    for (const jump of [40 * DAY, -40 * DAY]) {
      clock.now += jump
      if (jump > 0) await expect(keepHouse()).rejects.toThrow('the clock was moved by 3456000 s')
      else await keepHouse()
      expect(await ids()).toBe(1)
    }
  })

  test('is not pruned by a collector that has only just started, whose clock may still be wrong', async () => {
    const { clock, keepHouse, ids, schema } = await running()
    await query(`insert into ${schema}._batches values (gen_random_uuid(), 1, 'x', '2026-01-01')`)
    clock.elapsed += 1000
    clock.now += 1000
    expect(await keepHouse()).toEqual({ ids: 0, buckets: 0 })
    expect(await ids()).toBe(1)
  })

  test('of a log that nobody knew: what it can no longer tell from a repeat is kept apart, not counted', async () => {
    const { log, fold, pass, clock, keepHouse, ids, schema, rows } = await running()
    const old = batch([event('a', clock.now, 1)], undefined, clock.now)
    await log.append(old)
    for (let day = 0; day < 20; day++) {
      await fold.run()
      pass(DAY)
      await log.append(batch([event('b', clock.now, 1)], undefined, clock.now))
      await keepHouse()
    }
    expect(await ids()).toBeLessThan(20)
    const rolledBack = await setUp({ schema })
    await rolledBack.log.append(old)
    await rolledBack.log.append(batch([event('c', clock.now, 1)], undefined, clock.now))
    await rolledBack.fold.run()
    expect(await rows('article')).toMatchObject([
      { parent: 'a', impressions: 1 },
      { parent: 'b' },
      { parent: 'c' },
    ])
    expect(await rolledBack.status()).toMatchObject({ accepted: 2, folded: 1, dead: 1, duplicates: 0 })
  })

  test('is pruned in bounded steps', async () => {
    const { db, schema, log } = await setUp()
    await query(`insert into ${schema}._batches
      select gen_random_uuid(), 1, 'x', now() - interval '30 days' from generate_series(1, 250)`)
    await reportOldest(db, schema, log.id, Date.now())
    const pruned = []
    for (let i = 0; i < 4; i++) pruned.push(await pruneLedger(db, schema, WINDOW, 100))
    expect(pruned).toEqual([100, 100, 50, 0])
  })
})

test('a fold on a memory log of its own dataset starts empty', async () => {
  const { status } = await setUp({ log: createMemoryLog([article]) })
  expect(await status()).toMatchObject({
    received: 0,
    waiting: 0,
    offset: null,
    end: null,
    paused: false,
    lost: 0,
  })
})
