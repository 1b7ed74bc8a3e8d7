import { counter, custom, defineDataset, distribution, last, max, unique } from '@trackable/dataset'
import { uuidv7 } from '@trackable/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFoldDatabase } from '../apps/collector/src/db/commit.ts'
import { connect } from '../apps/collector/src/db/connect.ts'
import type { FoldDatabase } from '../apps/collector/src/db/fold-database.ts'
import { createMemoryFoldDatabase } from '../apps/collector/src/db/memory.ts'
import type { Tables } from '../apps/collector/src/db/memory-tables.ts'
import { migrate } from '../apps/collector/src/db/migrate.ts'
import { tablesInPostgres } from '../apps/collector/src/db/postgres-tables.fixture.ts'
import { createFold } from '../apps/collector/src/fold/fold.ts'
import type { LoggedBatch, LoggedEvent } from '../apps/collector/src/log/event-log.ts'
import { createMemoryLog } from '../apps/collector/src/log/memory.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { seededRandom } from './support/random.ts'

const FOLDERS = 4
const BATCHES = 40
const HOT = ['a', 'b', 'c']
const START = Date.parse('2026-03-28T20:00:00Z')

const datasets = [
  defineDataset('shared', {
    fields: {
      hits: counter(),
      who: unique(),
      took: distribution(),
      slowest: max(),
      price: last(),
      sums: custom({
        empty: () => [0, 0],
        add: ([n, sum], value: number) => [n! + 1, sum! + value],
        merge: ([n, sum], [m, more]) => [n! + m!, sum! + more!],
        result: ([n, sum]) => sum! / n!,
        input: (value) => (Number.isInteger(value) ? (value as number) : undefined),
      }),
    },
    series: { grains: ['day'] },
  }),
]

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())

const random = seededRandom(11)
const whole = (most: number) => Math.floor(random() * most)

function drawEvent(): LoggedEvent {
  const who = Array.from({ length: whole(4) }, () =>
    whole(2 ** 30)
      .toString(16)
      .padStart(16, '0'),
  ).join('')
  const inputs = [0, 1, 1, who, 2, whole(5000) / 8, 3, whole(1000), 4, whole(50), 5, whole(9)]
  return [0, HOT[whole(HOT.length)]!, START + whole(86_400_000), inputs]
}

/** Batches, no two alike, for each of the folders. */
function drawBatches(): LoggedBatch[][] {
  let id = 0
  return Array.from({ length: FOLDERS }, () =>
    Array.from({ length: BATCHES }, () => {
      const events = Array.from({ length: 1 + whole(5) }, drawEvent)
      return { id: uuidv7(START + id++, new Uint8Array(10)), arrival: START, received: events.length, events }
    }),
  )
}

async function foldAll(batches: readonly LoggedBatch[], database: FoldDatabase): Promise<void> {
  const log = createMemoryLog(JSON.parse(JSON.stringify(datasets)))
  const fold = createFold({ log, database, datasets, deadLetters: 'keep', logKeepMs: 1e12, now: () => START })
  for (const batch of batches) {
    await log.append(batch)
    await fold.run()
  }
}

function own(tables: Tables): Tables {
  return Object.fromEntries(Object.entries(tables).filter(([name]) => !name.startsWith('_')))
}

test('four folders over one set of rows lose nothing', async () => {
  const parts = drawBatches()
  const alone = createMemoryFoldDatabase()
  await foldAll(parts.flat(), alone)
  const { db, close } = await connect(await server.createDatabase())
  await migrate(db, 'shared', datasets, false)
  let stale = 0
  const plain = createFoldDatabase(db, 'shared')
  const database: FoldDatabase = {
    ...plain,
    async commit(input) {
      const result = await plain.commit(input)
      if (result.outcome === 'stale') stale++
      return result
    },
  }
  await Promise.all(parts.map((batches) => foldAll(batches, database)))
  expect(own(await tablesInPostgres(db, 'shared', datasets))).toEqual(own(alone.tables()))
  // Otherwise they never met, and nothing was proven.
  expect(stale).toBeGreaterThan(10)
  await close()
})
