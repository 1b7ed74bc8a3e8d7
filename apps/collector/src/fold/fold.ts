import type { Dataset } from '@trackable/dataset'
import { commitFold, readDimensionValues, readLog } from '../db/commit.ts'
import type { Db } from '../db/connect.ts'
import { isAboutValue, sqlStateOf } from '../db/errors.ts'
import { RETRY_STATE } from '../db/internal-sql.ts'
import type { Entry, EventLog } from '../log/event-log.ts'
import { prefixLength } from '../log/prefix.ts'
import { buildCommit, keyOf } from './batches.ts'
import { toInput } from './commit-input.ts'
import { createDimensionValues } from './dimension-values.ts'
import { findPoison } from './poison.ts'
import { createResolver, type Dead } from './resolve.ts'

/** What the fold needs. */
export interface FoldOptions {
  log: EventLog
  db: Db
  schema: string
  datasets: readonly Dataset[]
  /** How long folded batches stay in the log, in milliseconds. */
  logKeepMs: number
  now(): number
}

/** Folds a log into the tables. One at a time; another process on the same log loses the compare-and-set. */
export interface Fold {
  /**
   * Folds what the log holds now, or about `maxEvents` of it (whole batches), and gives the events that went
   * through. @throws what the database says where it is not about a value; the caller waits and calls again
   */
  run(maxEvents?: number): Promise<number>
}

// Large groups, because a row costs the database the same whether one event or a hundred are merged into it.
const GROUP_BYTES = 16 * 1024 * 1024
const GROUP_EVENTS = 100_000

/** Deadlock, serialization failure, lock timeout: the whole commit is tried again. */
const CONTENTION = ['40P01', '40001', '55P03', RETRY_STATE]

const CONTENTION_TRIES = 20

/** Creates the fold of one log. Nothing is read before the first run. */
export function createFold({ log, db, schema, datasets, logKeepMs, now }: FoldOptions): Fold {
  const resolve = createResolver(datasets)
  const values = createDimensionValues(datasets)
  let offset: string | null | undefined
  let running: Promise<unknown> = Promise.resolve()

  async function load(): Promise<void> {
    values.reload(await readDimensionValues(db, schema))
    offset = (await readLog(db, schema, log.id))?.position ?? null
  }

  async function run(maxEvents: number): Promise<number> {
    let events = 0
    while (events < maxEvents) {
      // A lost answer, another folder, a restored database: whatever happened, the database's offset is the truth.
      if (offset === undefined) await load()
      const entries = upTo(
        await log.read(offset ?? null, GROUP_BYTES),
        Math.min(GROUP_EVENTS, maxEvents - events),
      )
      if (entries.length === 0) break
      const before = offset
      offset = undefined
      offset = await foldGroup(before ?? null, entries)
      if (offset === undefined) continue
      await log.trim(offset, now() - logKeepMs)
      events += entries.reduce((sum, { batch }) => sum + batch.events.length, 0)
    }
    return events
  }

  /** Gives the new offset, or undefined where the offset must be read anew. */
  async function foldGroup(expected: string | null, entries: Entry[]): Promise<string | undefined> {
    const known = new Set<string>()
    let poison: ReadonlyMap<string, Dead> = new Map()
    let contended = 0
    for (;;) {
      const commit = await buildCommit(datasets, resolve, values, { entries, known, poison })
      try {
        const result = await commitFold(db, schema, toInput(log.id, expected, commit))
        if (result.outcome === 'moved') return undefined
        if (result.outcome === 'committed') {
          commit.keep()
          return commit.next
        }
        for (const entry of entries) if (result.known.has(entry.batch.id)) known.add(keyOf(entry))
      } catch (error) {
        const state = sqlStateOf(error)
        if (state && CONTENTION.includes(state) && ++contended < CONTENTION_TRIES) {
          await new Promise((settle) => setTimeout(settle, Math.random() * 20 * contended))
          values.reload(await readDimensionValues(db, schema))
          continue
        }
        if (!isAboutValue(error) || poison.size > 0) throw error
        if (entries.length > 1) return foldHalves(expected, entries)
        poison = await findPoison({
          db,
          schema,
          datasets,
          resolve,
          values,
          entry: entries[0]!,
          known,
          expected,
          log: log.id,
        })
      }
    }
  }

  async function foldHalves(expected: string | null, entries: Entry[]): Promise<string | undefined> {
    const middle = Math.ceil(entries.length / 2)
    const first = await foldGroup(expected, entries.slice(0, middle))
    return first === undefined ? undefined : foldGroup(first, entries.slice(middle))
  }

  return {
    run(maxEvents = Number.POSITIVE_INFINITY) {
      const next = running.then(() => run(maxEvents))
      running = next.catch(() => undefined)
      return next
    },
  }
}

function upTo(entries: Entry[], most: number): Entry[] {
  return entries.slice(
    0,
    prefixLength(entries, ({ batch }) => batch.events.length, most),
  )
}
