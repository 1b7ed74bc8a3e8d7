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
import { elementOf, type Inputs, ontoNow, seen, seenDeltas, statesContract } from './states.contract.ts'

let connection: Connection
let schemas = 0
beforeAll(async () => {
  connection = await connect(`pglite://${mkdtempSync(join(tmpdir(), 'trackable-database-'))}`)
}, 300_000)
afterAll(() => connection.close())

async function inPostgres(): Promise<Subject> {
  const { db } = connection
  const schema = `s${++schemas}`
  await migrate(db, schema, [sale, seen], false)
  return {
    database: createFoldDatabase(db, schema),
    setPaused: (log, paused) => setPaused(db, schema, log, paused),
    setOffset: (log, expected, offset) => setOffset(db, schema, log, expected, offset),
    reportOldest: (log, oldest) => reportOldest(db, schema, log, oldest),
    pruneLedger: (windowMs, limit) => pruneLedger(db, schema, windowMs, limit),
    tables: () => tablesInPostgres(db, schema, [sale, seen]),
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

describe('the database of the fold, in memory', () => {
  foldDatabaseContract(inMemory)
  statesContract(inMemory)
})
describe('the database of the fold, on Postgres', () => {
  foldDatabaseContract(inPostgres)
  statesContract(inPostgres)
})

const few = (most: number) => fc.integer({ min: 0, max: most })

const inputs: fc.Arbitrary<Inputs> = fc.record(
  {
    low: few(5),
    high: few(5),
    price: few(5),
    who: fc.array(few(2000).map(elementOf), { maxLength: 700 }).map((people) => people.join('')),
    took: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    words: fc.constantFrom('a', 'bb', 'é'),
  },
  { requiredKeys: [] },
)
/** Where a commit's states come from: what is there now, or what was there before all of them. */
type Drawn = { input: CommitInput; seen: Inputs[]; blind: boolean }

/** Commits that often clash: few positions, ids, values, and counters near their limit. */
const commits: fc.Arbitrary<Drawn> = fc
  .record({
    log: fc.constantFrom('one', 'two'),
    place: few(3),
    next: few(3),
    ids: fc.uniqueArray(few(5), { maxLength: 2 }),
    repeats: fc.uniqueArray(few(3), { maxLength: 1 }),
    values: fc.array(fc.constantFrom('DE', 'FR', 'IT'), { maxLength: 2 }),
    orders: fc.oneof(few(9), fc.constant(2n ** 62n)),
    old: fc.boolean(),
    seen: fc.array(inputs, { maxLength: 3 }),
    blind: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  })
  .map(({ log, place, next, ids, repeats, values, orders, old, ...states }) => ({
    ...states,
    input: inputOf(0, {
      log,
      expected: place === 0 ? null : `p${place}`,
      next: `p${next + 1}`,
      batches: ids.map((id) => ({ id: idOf(id), position: `p${id}` })),
      oldestArrival: ids.length === 0 ? null : ARRIVED - (old ? 9e8 : 0),
      repeats: repeats.map((position) => `p${position}`),
      values: values.length === 0 ? [] : [{ dataset: 'sale', dimension: 'country', cap: 2, values }],
      tables: deltasOf('a', orders, 125, values[0]),
    }),
  }))

/** What a commit answers, the positions it knows in one order: theirs means nothing. */
async function answerOf(commit: Promise<CommitOutcome>) {
  const answer = await commit.catch((error) => ({ state: sqlStateOf(error) }))
  if (!('known' in answer)) return answer
  return { ...answer, known: answer.known.map(({ position, again }) => `${position} ${again}`).sort() }
}

test('both answer the same to the same commits, and hold the same after each', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(commits, { minLength: 5, maxLength: 25 }), few(4), async (drawn, pruneAt) => {
      const subjects = [await inMemory(), await inPostgres()]
      for (const [i, { input, seen, blind }] of drawn.entries()) {
        const answers = []
        for (const { database, reportOldest, pruneLedger } of subjects) {
          if (i === pruneAt) {
            for (const log of ['one', 'two']) await reportOldest(log, ARRIVED - 1e7)
            await pruneLedger(1, 100)
          }
          const states = seenDeltas('a', seen)
          const tables = [...input.tables, ...(blind ? states : await ontoNow(database, states))]
          answers.push(await answerOf(database.commit({ ...input, tables })))
          // The offset of the next one is right half of the time.
          const row = await database.readLog(input.log)
          const following = drawn[i + 1]?.input
          if (following?.log === input.log && i % 2 === 0) following.expected = row?.position ?? null
        }
        expect(answers[1]).toEqual(answers[0])
      }
      expect(await subjects[1]!.tables()).toEqual(await subjects[0]!.tables())
    }),
    { numRuns: 15, endOnFailure: true },
  )
}, 300_000)
