import { counter, custom, defineDataset } from '@trackable/dataset'
import { layoutOf } from '@trackable/dataset/fold'
import { describe, expect, test } from 'vitest'
import type { LoggedEvent } from '../log/event-log.ts'
import { batch, foldTables, MIDNIGHT } from './fold.setup.ts'
import { replayLetters } from './replay.ts'

const { setUp, query } = foldTables()

/** Which step of it fails at what; a test sets it. */
const fails = { add: (_: number) => false, merge: (_a: number, _b: number) => false }

const fragile = defineDataset('fragile', {
  fields: {
    hits: counter(),
    total: custom({
      empty: () => ({ total: 0 }),
      add(state, value: number) {
        // A field's own functions may change what they are given.
        state.total += value
        if (fails.add(value)) throw new Error(`cannot add ${value}`)
        return value === 666 ? { total: Number.NaN } : state
      },
      merge(a, b) {
        if (fails.merge(a.total, b.total)) throw new Error(`cannot merge ${a.total} and ${b.total}`)
        return { total: a.total + b.total }
      },
      result: ({ total }) => total,
      input: (value) => (Number.isInteger(value) ? (value as number) : undefined),
    }),
  },
  dimensions: { country: {} },
  series: { grains: ['hour', 'day'], zone: 'UTC' },
})

const TABLES = layoutOf(fragile).map(({ name }) => name)
const event = (value: number, parent = 'a'): LoggedEvent => [0, parent, MIDNIGHT, [0, 1, 1, value], ['DE']]

function setFailing(change: Partial<typeof fails>): void {
  Object.assign(fails, { add: () => false, merge: () => false }, change)
}

async function setUpFragile() {
  const set = await setUp({ datasets: [fragile] })
  const letters = async () =>
    query(`select code, message, event from ${set.schema}._dead_letters order by id`) as Promise<any[]>
  /** What every table says of a parent: the same in each, or the event was not counted as one. */
  const counted = async (parent = 'a') => {
    const found = await Promise.all(TABLES.map((table) => set.rows(table)))
    const each = found.map((rows) => {
      const mine = rows.filter((row) => row.parent === parent)
      return mine.map(({ hits, total, total_result: result }) => ({ hits, total, result }))
    })
    for (const one of each) expect(one).toEqual(each[0])
    return each[0]
  }
  return { ...set, letters, counted }
}

describe('a custom aggregate that fails', () => {
  test('an event counts in all of its tables or in none, and all others count', async () => {
    const { log, fold, letters, counted, status, rows } = await setUpFragile()
    // In the second table, when the first could have been changed.
    let calls = 0
    setFailing({ add: (value) => value === 13 && ++calls % TABLES.length === 2 })
    await log.append(batch([event(1), event(13), event(2), event(666), event(13, 'alone')]))
    await fold.run()
    expect(await counted()).toEqual([{ hits: 2, total: { total: 3 }, result: 3 }])
    expect(await letters()).toMatchObject([
      {
        code: 'aggregate_failed',
        message: 'add of a custom aggregate failed: cannot add 13',
        event: { parent: 'a' },
      },
      {
        code: 'aggregate_failed',
        message: expect.stringContaining('NaN is no JSON'),
        event: { fields: { total: 666 } },
      },
      { code: 'aggregate_failed', event: { parent: 'alone' } },
    ])
    // An event that does not count leaves no row behind either.
    for (const table of TABLES) expect((await rows(table)).map(({ parent }) => parent)).toEqual(['a'])
    expect(await status()).toMatchObject({ accepted: 5, folded: 2, dead: 3, waiting: 0 })
  })

  test('a merge that fails with what is stored costs the events that bring it about, and no others', async () => {
    const { log, fold, letters, counted, status } = await setUpFragile()
    setFailing({})
    await log.append(batch([event(100), event(1, 'b')]))
    await fold.run()
    // Stored and added meet only in the database's merge.
    setFailing({ merge: (a, b) => Math.max(a, b) >= 100 && Math.min(a, b) >= 7 })
    await log.append(batch([event(2), event(5, 'b')]))
    await log.append(batch([event(1, 'c'), event(7), event(7, 'b')]))
    await log.append(batch([event(3)]))
    await fold.run()
    expect(await counted()).toEqual([{ hits: 3, total: { total: 105 }, result: 105 }])
    expect(await counted('b')).toEqual([{ hits: 3, total: { total: 13 }, result: 13 }])
    expect(await counted('c')).toEqual([{ hits: 1, total: { total: 1 }, result: 1 }])
    expect(await letters()).toMatchObject([
      {
        code: 'aggregate_failed',
        message: expect.stringMatching(/^merge of .* cannot merge/),
        event: { fields: { total: 7 } },
      },
    ])
    expect(await status()).toMatchObject({ accepted: 8, folded: 7, dead: 1, waiting: 0 })
  })

  test('is replayed once it is mended, and stays a letter as long as it is not', async () => {
    const { db, schema, log, fold, letters, counted, status } = await setUpFragile()
    setFailing({ add: (value) => value === 13 })
    await log.append(batch([event(1), event(13), event(13)]))
    await fold.run()
    expect(await replayLetters(db, schema, [fragile], {})).toEqual({ replayed: 0, left: 2 })
    expect(await letters()).toHaveLength(2)
    setFailing({})
    expect(await replayLetters(db, schema, [fragile], {})).toEqual({ replayed: 2, left: 0 })
    expect(await counted()).toEqual([{ hits: 3, total: { total: 27 }, result: 27 }])
    expect(await status()).toMatchObject({ accepted: 3, folded: 3, dead: 0 })
  })

  test('stops a strict run before its batch', async () => {
    const { log, fold, counted } = await setUpFragile()
    setFailing({ add: (value) => value === 13 })
    await log.append(batch([event(1)]))
    await log.append(batch([event(13)]))
    await expect(fold.run({ strict: true })).rejects.toThrow(
      /aggregate_failed, add of a custom aggregate failed/,
    )
    expect(await counted()).toEqual([{ hits: 1, total: { total: 1 }, result: 1 }])
  })

  test('a stored state that somebody destroyed costs the events of its row, and no others', async () => {
    const { schema, log, fold, letters, counted } = await setUpFragile()
    setFailing({})
    await log.append(batch([event(1), event(1, 'b')]))
    await fold.run()
    await query(`update ${schema}.fragile set total = '"gone"' where parent = 'a'`)
    setFailing({ merge: (a) => Number.isNaN(Number(a)) })
    await log.append(batch([event(2), event(2, 'b')]))
    await fold.run()
    expect(await letters()).toMatchObject([{ code: 'aggregate_failed', event: { parent: 'a' } }])
    expect(await counted('b')).toEqual([{ hits: 2, total: { total: 3 }, result: 3 }])
  })
})
