import { counter, custom, defineDataset } from '@trackable/dataset'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMemoryFoldDatabase } from '../db/memory.ts'
import type { LoggedEvent } from '../log/event-log.ts'
import { createMemoryLog } from '../log/memory.ts'
import { batch, MIDNIGHT } from './fold.setup.ts'
import { createFold } from './fold.ts'

const CAPS = { country: 3, device: 2 }
const page = defineDataset('page', {
  fields: { hits: counter() },
  dimensions: { country: { maxValues: CAPS.country, maxLength: 2 }, device: { maxValues: CAPS.device } },
  series: { grains: ['day'], zone: 'Europe/Berlin' },
})

interface Hit {
  parent: string
  country: string
  device: string
  hits: number
}
const hit: fc.Arbitrary<Hit> = fc.record({
  parent: fc.constantFrom('a', 'b', 'c'),
  country: fc.constantFrom('', 'DE', 'FR', 'IT', 'ES', '(other)'),
  device: fc.constantFrom('', 'phone', 'desk', 'tv'),
  hits: fc.integer({ min: -5, max: 50 }),
})
/** Batches, and how many events about each run of the fold takes. */
const history = fc.tuple(
  fc.array(fc.array(hit, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 }),
  fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 12 }),
)

type Rows = Record<string, string>[]

test('an event that does not count uses up nothing of a cap', async () => {
  const fragile = defineDataset('fragile', {
    fields: {
      hits: counter(),
      odd: custom({
        empty: () => 0,
        add(state, value: number) {
          if (value === 13) throw new Error('no')
          return state + value
        },
        merge: (a, b) => a + b,
        result: (state) => state,
        input: (value) => value as number,
      }),
    },
    dimensions: { country: { maxValues: 1 } },
  })
  const database = createMemoryFoldDatabase()
  const log = createMemoryLog(JSON.parse(JSON.stringify([fragile])))
  const event = (country: string, odd: number): any => [0, 'a', MIDNIGHT, [0, 1, 1, odd], [country]]
  await log.append(batch([event('XX', 13), event('DE', 1), event('FR', 1), event('DE', 13), event('DE', 1)]))
  const options = { log, database, datasets: [fragile], deadLetters: 'keep', logKeepMs: 1e12 } as const
  await createFold({ ...options, now: Date.now }).run()
  expect((await database.readDimensionValues()).map(({ value }) => value)).toEqual(['DE'])
  expect(database.tables().fragile_by_dimensions).toMatchObject([
    { country: '(other)', hits: '1' },
    { country: 'DE', hits: '2' },
  ])
})

/** Folds batches from as many logs as are given, in turns, into one database. */
async function folded(logs: Hit[][][], steps: number[]) {
  const database = createMemoryFoldDatabase()
  const folds = await Promise.all(
    logs.map(async (batches) => {
      const log = createMemoryLog(JSON.parse(JSON.stringify([page])))
      for (const hits of batches) await log.append(batch(hits.map(eventOf)))
      return createFold({
        log,
        database,
        datasets: [page],
        deadLetters: 'keep',
        logKeepMs: 1e12,
        now: Date.now,
      })
    }),
  )
  for (const maxEvents of steps) for (const fold of folds) await fold.run({ maxEvents })
  for (const fold of folds) await fold.run()
  const { page: totals = [], page_by_dimensions: parts = [], page_by_day: days = [] } = database.tables()
  return { totals, parts, days, admitted: await database.readDimensionValues() }
}

function eventOf({ parent, country, device, hits }: Hit): LoggedEvent {
  return [0, parent, MIDNIGHT, [0, hits], [country, device]]
}

function sumsBy(rows: Rows, key: string): Map<string, number> {
  const sums = new Map<string, number>()
  for (const row of rows) sums.set(row[key]!, (sums.get(row[key]!) ?? 0) + Number(row.hits))
  return sums
}

/** The first values of a dimension, in the order in which they came, up to its cap. */
function firstValues(hits: Hit[], name: 'country' | 'device'): string[] {
  const values = new Set(hits.map((one) => one[name]).filter((value) => value !== '' && value !== '(other)'))
  return [...values].slice(0, CAPS[name])
}

test('sums over any dimension are the totals, one row a parent, whatever is past the caps and however it is grouped', async () => {
  await fc.assert(
    fc.asyncProperty(history, async ([batches, steps]) => {
      const hits = batches.flat()
      const { totals, parts, days, admitted } = await folded([batches], steps)
      const expected = sumsBy(hits as unknown as Rows, 'parent')
      for (const rows of [totals, parts, days]) expect(sumsBy(rows, 'parent')).toEqual(expected)
      expect(totals).toHaveLength(expected.size)
      for (const name of ['country', 'device'] as const) {
        const known = firstValues(hits, name)
        const mine = admitted.filter(({ dimension }) => dimension === name).map(({ value }) => value)
        expect(mine.sort()).toEqual([...known].sort())
        // Each hit is under its own value where that was among the first, and under (other) where it came too late.
        const counted = hits.map((one) => {
          const own = one[name] === '' || known.includes(one[name])
          return { [name]: own ? one[name] : '(other)', hits: one.hits }
        })
        expect(sumsBy(parts, name)).toEqual(sumsBy(counted as unknown as Rows, name))
      }
    }),
    { numRuns: 200 },
  )
}, 60_000)

test('the cap holds where several logs admit at once, and totals stay exact', async () => {
  await fc.assert(
    fc.asyncProperty(history, history, async ([one, steps], [other]) => {
      const { totals, parts, admitted } = await folded([one, other], steps)
      const expected = sumsBy([...one, ...other].flat() as unknown as Rows, 'parent')
      expect(sumsBy(totals, 'parent')).toEqual(expected)
      expect(sumsBy(parts, 'parent')).toEqual(expected)
      for (const [name, cap] of Object.entries(CAPS)) {
        expect(admitted.filter(({ dimension }) => dimension === name).length).toBeLessThanOrEqual(cap)
      }
    }),
    { numRuns: 100 },
  )
}, 60_000)
