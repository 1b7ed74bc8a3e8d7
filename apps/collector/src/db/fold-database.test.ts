import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFoldDatabase } from './commit.ts'
import { type Connection, connect } from './connect.ts'
import { sqlStateOf } from './errors.ts'
import {
  ARRIVED,
  deltasOf,
  foldDatabaseContract,
  idOf,
  inputOf,
  type Subject,
  sale,
} from './fold-database.contract.ts'
import type { CommitInput, CommitOutcome } from './fold-database.ts'
import { pruneLedger, reportOldest, setOffset, setPaused } from './logs.ts'
import { createMemoryFoldDatabase } from './memory.ts'
import { migrate } from './migrate.ts'
import { tablesInPostgres } from './postgres-tables.fixture.ts'

let connection: Connection
let schemas = 0
beforeAll(async () => {
  connection = await connect(`pglite://${mkdtempSync(join(tmpdir(), 'trackable-database-'))}`)
}, 60_000)
afterAll(() => connection.close())

async function inPostgres(): Promise<Subject> {
  const { db } = connection
  const schema = `s${++schemas}`
  await migrate(db, schema, [sale], false)
  return {
    database: createFoldDatabase(db, schema),
    setPaused: (log, paused) => setPaused(db, schema, log, paused),
    setOffset: (log, expected, offset) => setOffset(db, schema, log, expected, offset),
    reportOldest: (log, oldest) => reportOldest(db, schema, log, oldest),
    pruneLedger: (windowMs, limit) => pruneLedger(db, schema, windowMs, limit),
    tables: () => tablesInPostgres(db, schema, [sale]),
  }
}

async function inMemory(): Promise<Subject> {
  const database = createMemoryFoldDatabase()
  return {
    database,
    setPaused: async (...given) => database.setPaused(...given),
    setOffset: async (...given) => database.setOffset(...given),
    reportOldest: async (...given) => database.reportOldest(...given),
    pruneLedger: async (...given) => database.pruneLedger(...given),
    tables: async () => database.tables(),
  }
}

describe('the database of the fold, in memory', () => foldDatabaseContract(inMemory))
describe('the database of the fold, on Postgres', () => foldDatabaseContract(inPostgres))

const few = (most: number) => fc.integer({ min: 0, max: most })

/** Commits that often clash: few positions, ids, values, and counters near their limit. */
const commits: fc.Arbitrary<CommitInput> = fc
  .record({
    log: fc.constantFrom('one', 'two'),
    place: few(3),
    next: few(3),
    ids: fc.uniqueArray(few(5), { maxLength: 2 }),
    repeats: fc.uniqueArray(few(3), { maxLength: 1 }),
    values: fc.array(fc.constantFrom('DE', 'FR', 'IT'), { maxLength: 2 }),
    orders: fc.oneof(few(9), fc.constant(2n ** 62n)),
    old: fc.boolean(),
  })
  .map(({ log, place, next, ids, repeats, values, orders, old }) =>
    inputOf(0, {
      log,
      expected: place === 0 ? null : `p${place}`,
      next: `p${next + 1}`,
      batches: ids.map((id) => ({ id: idOf(id), position: `p${id}` })),
      oldestArrival: ids.length === 0 ? null : ARRIVED - (old ? 9e8 : 0),
      repeats: repeats.map((position) => `p${position}`),
      values: values.length === 0 ? [] : [{ dataset: 'sale', dimension: 'country', cap: 2, values }],
      tables: deltasOf('a', orders, 125, values[0]),
    }),
  )

/** What a commit answers, the positions it knows in one order: theirs means nothing. */
async function answerOf(commit: Promise<CommitOutcome>) {
  const answer = await commit.catch((error) => ({ state: sqlStateOf(error) }))
  if (!('known' in answer)) return answer
  return { ...answer, known: answer.known.map(({ position, again }) => `${position} ${again}`).sort() }
}

test('both answer the same to the same commits, and hold the same after each', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(commits, { minLength: 5, maxLength: 25 }), few(4), async (inputs, pruneAt) => {
      const subjects = [await inMemory(), await inPostgres()]
      for (const [i, input] of inputs.entries()) {
        const answers = []
        for (const { database, reportOldest, pruneLedger } of subjects) {
          if (i === pruneAt) {
            for (const log of ['one', 'two']) await reportOldest(log, ARRIVED - 1e7)
            await pruneLedger(1, 100)
          }
          answers.push(await answerOf(database.commit(input)))
          // The offset of the next one is right half of the time.
          const row = await database.readLog(input.log)
          if (inputs[i + 1]?.log === input.log && i % 2 === 0) inputs[i + 1]!.expected = row?.position ?? null
        }
        expect(answers[1]).toEqual(answers[0])
      }
      expect(await subjects[1]!.tables()).toEqual(await subjects[0]!.tables())
    }),
    { numRuns: 25, endOnFailure: true },
  )
}, 120_000)
