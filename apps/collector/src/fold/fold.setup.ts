import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { counter, type Dataset, defineDataset, sum } from '@trackable/dataset'
import { uuidv7 } from '@trackable/protocol'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll } from 'vitest'
import { createFoldDatabase } from '../db/commit.ts'
import { type Connection, connect, rowsOf } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import type { EventLog, LoggedBatch, LoggedEvent } from '../log/event-log.ts'
import { createMemoryLog } from '../log/memory.ts'
import { createFold, type FoldOptions } from './fold.ts'
import { readStatus } from './status.ts'

/** The dataset that the tests of the fold count. */
export const article = defineDataset('article', {
  fields: { impressions: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: { maxLength: 9, maxValues: 3 } },
  series: { grains: ['hour', 'day'], zone: 'Europe/Berlin' },
})
/** Midnight in the zone of the dataset. */
export const MIDNIGHT = Date.parse('2026-03-28T23:00:00Z')

/** How a fold under test differs from the plain one. */
export interface SetUp {
  datasets?: readonly Dataset[]
  /** A schema that is there already. */
  schema?: string
  /** The definitions that the log was written under. */
  logged?: readonly Dataset[]
  log?: EventLog
  fold?: Partial<FoldOptions>
}

/** One embedded database for a test file; each `setUp` gives a log, its fold and its tables in a schema of their own. */
export function foldTables() {
  let connection: Connection
  let schemas = 0
  beforeAll(async () => {
    connection = await connect(`pglite://${mkdtempSync(join(tmpdir(), 'trackable-fold-'))}`)
  }, 60_000)
  afterAll(() => connection.close())
  const query = (text: string) => rowsOf<any>(connection.db, sql.raw(text))

  async function setUp({
    datasets = [article],
    schema = `s${++schemas}`,
    logged = datasets,
    ...more
  }: SetUp = {}) {
    const { db } = connection
    await migrate(db, schema, datasets, true)
    const log = more.log ?? createMemoryLog(JSON.parse(JSON.stringify(logged)))
    const database = createFoldDatabase(db, schema)
    const options: FoldOptions = {
      log,
      database,
      datasets,
      deadLetters: 'keep',
      logKeepMs: 1e12,
      now: Date.now,
    }
    const rows = async (table: string): Promise<any[]> => {
      const found = await query(
        `select to_jsonb(t) - 'updated_at' as row from ${schema}.${table} t order by t.parent, to_jsonb(t)->>'bucket', t::text collate "C"`,
      )
      return found.map(({ row }) => row)
    }
    return {
      db,
      schema,
      log,
      database,
      options,
      fold: createFold({ ...options, ...more.fold }),
      rows,
      status: () => readStatus(log, database, Date.now()),
    }
  }
  return { setUp, query }
}

let made = 0

/** A batch of these events that arrived at midnight. */
export function batch(
  events: LoggedEvent[],
  id = uuidv7(1_700_000_000_000 + made++, new Uint8Array(10)),
  arrival = MIDNIGHT,
): LoggedBatch {
  return { id, arrival, received: events.length, events }
}

/** An event with one impression or more, and revenue of 2.50. */
export function event(parent: string, at: number, impressions: number | string, country = ''): LoggedEvent {
  return [0, parent, at, [0, impressions, 1, 250], [country]]
}
