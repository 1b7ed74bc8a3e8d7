import { counter, custom, defineDataset } from '@trackable/dataset'
import { expect, test } from 'vitest'
import { createMemoryFoldDatabase } from '../db/memory.ts'
import { createMemoryLog } from '../log/memory.ts'
import { batch, MIDNIGHT } from './fold.setup.ts'
import { createFold } from './fold.ts'

const DAY = 86_400_000

/** Takes two values a row, and fails at the third: so one more fails in the totals, and not in the bucket of a new day. */
const pair = custom({
  empty: () => [] as number[],
  add(values, value: number) {
    if (values.length === 2) throw new Error('a pair is full')
    return [...values, value].sort()
  },
  merge: (a, b) => [...a, ...b].sort(),
  result: (values) => values.length,
  input: (value) => (Number.isInteger(value) ? (value as number) : undefined),
})

test('an event counts in all of its tables or in none', async () => {
  const datasets = [
    defineDataset('page', { fields: { hits: counter(), pair }, series: { grains: ['hour', 'day'] } }),
  ]
  const log = createMemoryLog(JSON.parse(JSON.stringify(datasets)))
  const database = createMemoryFoldDatabase()
  const options = { log, database, datasets, deadLetters: 'keep', logKeepMs: 1e12, now: Date.now } as const
  await log.append(batch([0, 1, 2].map((day) => [0, 'a', MIDNIGHT - day * DAY, [0, 1, 1, day]])))
  await createFold(options).run()
  const { page, page_by_day, page_by_hour, _dead_letters } = database.tables()
  expect(_dead_letters).toMatchObject([{ code: 'aggregate_failed', index: '2' }])
  expect(page).toMatchObject([{ hits: '2', pair_result: '2' }])
  for (const buckets of [page_by_day, page_by_hour]) {
    expect(buckets!.map(({ hits, pair_result }) => [hits, pair_result])).toEqual([
      ['1', '1'],
      ['1', '1'],
    ])
  }
})
