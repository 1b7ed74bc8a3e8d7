import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { counter, custom, defineDataset, distribution, last, max, min, sum, unique } from '@trackable/dataset'
import { uuidv7 } from '@trackable/protocol'
import { expect, test } from 'vitest'
import { createFoldDatabase } from '../../apps/collector/src/db/commit.ts'
import { connect } from '../../apps/collector/src/db/connect.ts'
import type { FoldDatabase } from '../../apps/collector/src/db/fold-database.ts'
import { createMemoryFoldDatabase } from '../../apps/collector/src/db/memory.ts'
import type { Tables } from '../../apps/collector/src/db/memory-tables.ts'
import { migrate } from '../../apps/collector/src/db/migrate.ts'
import { tablesInPostgres } from '../../apps/collector/src/db/postgres-tables.fixture.ts'
import { createFold } from '../../apps/collector/src/fold/fold.ts'
import type { LoggedBatch, LoggedEvent } from '../../apps/collector/src/log/event-log.ts'
import { createMemoryLog } from '../../apps/collector/src/log/memory.ts'
import { type Random, seededRandom } from '../support/random.ts'

const PERMUTATIONS = 200
const IN_POSTGRES = 5
const START = Date.parse('2026-03-28T20:00:00Z')
/** Over the night in which the zone goes to summer time. */
const SPAN = 36 * 3_600_000
const PARENTS = ['a', 'A', 'é', 'e\u0301', '"\\{},', 'NULL', ' ']
const COUNTRIES = ['', 'DE', 'FR', '日本']

const datasets = [
  defineDataset('article', {
    fields: {
      impressions: counter(),
      likes: counter(),
      revenue: sum({ scale: 2 }),
      weight: sum({ scale: 9 }),
    },
    dimensions: { country: {}, device: {} },
    series: { grains: ['hour', 'day', 'week'], zone: 'Europe/Berlin' },
  }),
  defineDataset('every', {
    fields: {
      low: min(),
      high: max(),
      price: last(),
      who: unique(),
      visitors: unique({ of: 'visitor' }),
      took: distribution(),
      words: custom({
        empty: () => ({}) as Record<string, number>,
        add(state, word: string) {
          if (word === 'poison') throw new Error('no such word')
          return { ...state, [word]: (state[word] ?? 0) + 1 }
        },
        merge(a, b) {
          // Changes what it is given: nobody else may see that.
          for (const [word, count] of Object.entries(b)) a[word] = (a[word] ?? 0) + count
          return a
        },
        result: (state) =>
          Object.entries(state).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]?.[0].length,
        input: (value) => (typeof value === 'string' ? value : undefined),
      }),
    },
    dimensions: { country: {} },
    series: { grains: ['hour', 'month'], zone: 'Asia/Kolkata' },
  }),
  defineDataset('plain', { parent: 'bigint', fields: { hits: counter() } }),
]

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!
}

function whole(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1))
}

function drawEvent(random: Random): LoggedEvent {
  const at = START + whole(random, 0, SPAN)
  if (random() < 0.4) return drawEvery(random, at)
  if (random() < 0.2) return [2, String(whole(random, -5, 5)), at, [0, whole(random, -9, 9)]]
  // Past 2^53 too; as many steps up as down, so that no counter leaves int64.
  const steps = [0, 1, -3, '9007199254740993', '-9007199254740993']
  const inputs = [
    [0, pick(random, steps)],
    [1, whole(random, -2, 2)],
    [2, whole(random, -9999, 9999)],
    [3, '123456789012345678901'],
  ]
  const fields = inputs.filter(() => random() < 0.6).flat()
  const dimensions = [pick(random, COUNTRIES), pick(random, ['phone', 'desk'])]
  return [0, pick(random, PARENTS), at, fields.length > 0 ? fields : [0, 0], dimensions]
}

/** Of every kind: numbers that a sum of floating-point numbers would depend on the order of, and elements by the hundred. */
function drawEvery(random: Random, at: number): LoggedEvent {
  const numbers = [0, 1, -7, 0.1, 0.2, 1e21, -1e21, 5e-324, Number.MAX_VALUE, 12.5]
  const elements = (count: number) =>
    Array.from({ length: count }, () =>
      (whole(random, 0, 1500) * 0x9e3779b1).toString(16).padStart(16, '0'),
    ).join('')
  const inputs = [
    [0, pick(random, numbers)],
    [1, pick(random, numbers)],
    // The same time for many: then the larger is the last.
    [2, pick(random, numbers)],
    [3, elements(pick(random, [0, 1, 3, 300]))],
    [4, elements(1)],
    [5, pick(random, numbers)],
    [6, pick(random, ['a', 'bb', 'é', '', 'poison'])],
  ]
  const fields = inputs.filter(() => random() < 0.6).flat()
  const time = random() < 0.5 ? START : at
  return [1, pick(random, ['a', 'b']), time, fields.length > 0 ? fields : [0, 0], [pick(random, COUNTRIES)]]
}

function drawBatches(random: Random): LoggedBatch[] {
  return Array.from({ length: 40 }, (_, i) => {
    const events = Array.from({ length: whole(random, 0, 6) }, () => drawEvent(random))
    return { id: uuidv7(START + i, new Uint8Array(10)), arrival: START + i, received: events.length, events }
  })
}

/** In another order, with some of them more than once. */
function permute(random: Random, batches: readonly LoggedBatch[]): LoggedBatch[] {
  const repeats = Array.from({ length: whole(random, 0, 20) }, () => pick(random, batches))
  return [...batches, ...repeats]
    .map((batch) => ({ batch, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ batch }) => batch)
}

/** Folds batches as they come, a few at a time, in groups of changing size. */
async function foldAll(
  random: Random,
  batches: readonly LoggedBatch[],
  database: FoldDatabase,
): Promise<void> {
  const log = createMemoryLog(JSON.parse(JSON.stringify(datasets)))
  const fold = createFold({ log, database, datasets, deadLetters: 'keep', logKeepMs: 1e12, now: () => START })
  const patience = random()
  for (const batch of batches) {
    await log.append(batch)
    if (random() < patience) await fold.run({ maxEvents: pick(random, [1, 3, 10, 1000]) })
  }
  await fold.run()
}

/** The tables of the datasets, as one text. */
function textOf(tables: Tables): string {
  const own = Object.entries(tables).filter(([name]) => !name.startsWith('_'))
  return JSON.stringify(Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1))), sortKeys, 1)
}

function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function inMemory(random: Random, batches: readonly LoggedBatch[]): Promise<string> {
  const database = createMemoryFoldDatabase()
  await foldAll(random, batches, database)
  return textOf(database.tables())
}

test('any order, repetition and grouping of the same batches gives the same tables, byte for byte', async () => {
  const random = seededRandom(4)
  const batches = drawBatches(random)
  const expected = await inMemory(() => 0, batches)
  expect(expected).toContain('9007199254740993')
  // Registers, and not only elements.
  expect(expected).toContain('\\\\x138d7f')
  for (let i = 0; i < PERMUTATIONS; i++) {
    expect(await inMemory(random, permute(random, batches)), `permutation ${i}`).toBe(expected)
  }
  const { db, close } = await connect(`pglite://${mkdtempSync(join(tmpdir(), 'trackable-permutations-'))}`)
  try {
    for (let i = 0; i < IN_POSTGRES; i++) {
      const schema = `p${i}`
      await migrate(db, schema, datasets, false)
      await foldAll(random, permute(random, batches), createFoldDatabase(db, schema))
      expect(textOf(await tablesInPostgres(db, schema, datasets)), `permutation ${i} in Postgres`).toBe(
        expected,
      )
    }
  } finally {
    await close()
  }
})
