import { counter, custom, defineDataset } from '@trackable/dataset'
import { describe, expect, test } from 'vitest'
import type { LoggedEvent } from '../log/event-log.ts'
import { batch, foldTables, MIDNIGHT } from './fold.setup.ts'
import { replayLetters } from './replay.ts'

const { setUp, query } = foldTables()

const noted = defineDataset('noted', {
  fields: {
    hits: counter(),
    texts: custom({
      empty: () => [] as unknown[],
      add(state, input: unknown) {
        if (input === 'throw') throw new Error(`no\u0000 \ud83d ${'long '.repeat(10_000)}`)
        return [...state, input]
      },
      merge: (a, b) => [...a, ...b],
      result: (state) => state.length,
      input: (value) => value,
    }),
  },
})

const event = (texts: any, parent = 'a'): LoggedEvent => [0, parent, MIDNIGHT, [0, 1, 1, texts]]

async function setUpNoted() {
  const set = await setUp({ datasets: [noted] })
  const letters = async (): Promise<any[]> =>
    query(`select code, message, event, logged from ${set.schema}._dead_letters order by id`)
  return { ...set, letters }
}

// A log may hold what is refused by now.
describe('what no store keeps', () => {
  test.each([
    ['a NUL', 'a\u0000b', 'a\ufffdb'],
    ['half of a pair', '\ud83d', '\ufffd'],
    ['a NUL within', { deep: ['\u0000'] }, { deep: ['\ufffd'] }],
    ['a NUL in a key', { 'a\u0000': 1 }, { 'a\ufffd': 1 }],
    ['beside escapes that are none', '\\u0000 \\\u0000 \ud83d\ude00', '\\u0000 \\\ufffd \ud83d\ude00'],
  ])('costs the event alone that carries it, and is replaced in its letter: %s', async (_, bad, kept) => {
    const { log, fold, rows, letters, status } = await setUpNoted()
    await log.append(batch([event('x'), event(bad), event('y', 'b')]))
    await log.append(batch([event('z')]))
    await fold.run()
    expect(await rows('noted')).toMatchObject([
      { parent: 'a', hits: 2, texts: ['x', 'z'] },
      { parent: 'b', hits: 1 },
    ])
    expect(await letters()).toMatchObject([
      {
        code: 'aggregate_failed',
        event: { fields: { texts: kept } },
        logged: [0, 'a', MIDNIGHT, [0, 1, 1, kept]],
      },
    ])
    expect(await status()).toMatchObject({ accepted: 4, folded: 3, dead: 1, waiting: 0 })
  })

  test('is replaced in what an aggregate throws, of which the beginning is kept', async () => {
    const { log, fold, letters } = await setUpNoted()
    await log.append(batch([event('throw'), event('x')]))
    await fold.run()
    const [letter] = await letters()
    expect(letter.message).toMatch(/^add of a custom aggregate failed: no\ufffd \ufffd long/)
    expect(letter.message.length).toBeLessThanOrEqual(1000)
  })
})

describe('a letter that the database refuses', () => {
  test('is kept without its event, and nothing waits for it', async () => {
    const { db, schema, log, fold, rows, letters, status } = await setUpNoted()
    await query(
      `alter table ${schema}._dead_letters add constraint small check (not event::text like '%throw%')`,
    )
    await log.append(batch([event('throw')]))
    await log.append(batch([event('x'), event('throw'), event('y')]))
    await fold.run()
    expect(await rows('noted')).toMatchObject([{ hits: 2, texts: ['x', 'y'] }])
    const bare = {
      code: 'aggregate_failed',
      message: expect.stringContaining('could not be kept'),
      event: {},
    }
    expect(await letters()).toMatchObject([bare, bare])
    expect(await status()).toMatchObject({ accepted: 4, folded: 2, dead: 2, waiting: 0 })
    expect(await replayLetters(db, schema, [noted], {})).toEqual({ replayed: 0, left: 2 })
  })
})
