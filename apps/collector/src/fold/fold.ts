import { setImmediate } from 'node:timers/promises'
import type { Dataset } from '@trackable/dataset'
import { RETRY_STATE } from '../db/commit-sql.ts'
import { sqlStateOf } from '../db/errors.ts'
import type { DeadLetter, FoldDatabase, LogRow } from '../db/fold-database.ts'
import { failpoint } from '../failpoint.ts'
import type { Entry, EventLog } from '../log/event-log.ts'
import { prefixLength } from '../log/prefix.ts'
import { reasonOf } from '../report.ts'
import { buildCommit, type Commit, type Material, type Settled } from './batches.ts'
import { toInput } from './commit-input.ts'
import { withoutEvent } from './dead-letter.ts'
import { createDimensionValues } from './dimension-values.ts'
import { findGap, LogGapError } from './gap.ts'
import { ontoStates } from './onto-states.ts'
import { findPoison, isAboutEvent } from './poison.ts'
import { createResolver, type Dead } from './resolve.ts'
import { StaleDefinitionsError, UNDEFINED } from './stale.ts'

/** What the fold needs. */
export interface FoldOptions {
  log: EventLog
  database: FoldDatabase
  datasets: readonly Dataset[]
  /** Whether events that cannot be folded are kept with their code, or only counted. */
  deadLetters: 'keep' | 'drop'
  /** How long folded batches stay in the log, in milliseconds. */
  logKeepMs: number
  now(): number
  /** Whether the tables still follow these definitions; left out where nobody else can change that. */
  isNewest?(): Promise<boolean>
}

/** How one run goes. */
export interface FoldRun {
  /** About so many events: whole batches. Default: all that the log holds. */
  maxEvents?: number
  /** Stop at an event that cannot be folded, instead of making it a dead letter. */
  strict?: boolean
}

/** Folds a log into the tables. One at a time; another process on the same log loses the compare-and-set. */
export interface Fold {
  /**
   * Folds what the log holds and gives the events that went through; 0 while the log is paused.
   * @throws StrictFoldError, LogGapError, and what the database says where it is not about a value; the caller waits
   *   and calls again
   */
  run(options?: FoldRun): Promise<number>
  /**
   * Folds what the log holds, and says whether all of it is folded now: not while the log is paused.
   * @throws what `run` throws
   */
  settle(): Promise<boolean>
  /** Somebody set the offset: the next run reads it anew. */
  reload(): void
}

/** A strict run came to an event that cannot be folded. Everything before its batch is folded. */
export class StrictFoldError extends Error {
  override readonly name = 'StrictFoldError'

  constructor({ position, index, code, message, event }: DeadLetter) {
    super(
      `event ${index} of the batch at ${position} cannot be folded: ${code}, ${message}; it is ${JSON.stringify(event)}. Without --strict it becomes a dead letter and the fold goes on`,
    )
  }
}

// Large groups, because a row costs the database the same whether one event or a hundred are merged into it.
const GROUP_BYTES = 4 * 1024 * 1024
const GROUP_EVENTS = 100_000

/** Deadlock, serialization failure, lock timeout: the whole commit is tried again. */
const CONTENTION = ['40P01', '40001', '55P03', RETRY_STATE]

const CONTENTION_TRIES = 20

/** Creates the fold of one log. Nothing is read before the first run. */
export function createFold(options: FoldOptions): Fold {
  const { log, database, datasets, deadLetters, logKeepMs, now, isNewest = async () => true } = options
  const resolve = createResolver(datasets)
  const values = createDimensionValues(datasets)
  let offset: string | null | undefined
  /** While the log is folded again: up to where its records are in the counts. */
  let countedTo: string | undefined
  let running: Promise<unknown> = Promise.resolve()

  const build = (material: Material) => buildCommit(datasets, resolve, values, material)

  /** Reads the offset anew; false while the log is paused. */
  async function load(): Promise<boolean> {
    const row = await database.readLog(log.id)
    if (row?.paused) return false
    values.reload(await database.readDimensionValues())
    const gap = await findGap(log, row)
    if (gap) throw new LogGapError(gap)
    offset = row?.position ?? null
    countedTo = row ? await refoldedTo(log, row) : undefined
    return true
  }

  /** Whether the database still is where it was: one that was restored is folded into again, also while nothing comes. */
  async function isStill(known: string | null | undefined): Promise<boolean> {
    const row = await database.readLog(log.id)
    if ((row?.position ?? null) === known) return true
    offset = undefined
    return false
  }

  async function run({ maxEvents = Number.POSITIVE_INFINITY, strict = false }: FoldRun) {
    let events = 0
    while (events < maxEvents) {
      // A lost answer, another folder, a restored database: whatever happened, the database's offset is the truth.
      if (offset === undefined && !(await load())) return { events, settled: false }
      const most = Math.min(GROUP_EVENTS, maxEvents - events)
      const entries = upTo(await log.read(offset ?? null, GROUP_BYTES), most)
      if (entries.length === 0 && (await isStill(offset))) return { events, settled: true }
      if (entries.length === 0) continue
      if (__FAILPOINTS__) await failpoint('fold-read')
      const before = offset
      offset = undefined
      offset = await foldAll(before ?? null, entries, strict)
      if (offset === undefined) continue
      await log.trim(offset, now() - logKeepMs)
      events += entries.reduce((sum, { batch }) => sum + batch.events.length, 0)
    }
    return { events, settled: false }
  }

  /** Commit by commit. Gives the new offset, or undefined where the offset must be read anew. */
  async function foldAll(
    expected: string | null,
    entries: Entry[],
    strict: boolean,
  ): Promise<string | undefined> {
    const next = await foldGroup(expected, entries, strict)
    const rest = entries.slice(entries.findIndex(({ position }) => position === next) + 1)
    return next === undefined || rest.length === 0 ? next : foldAll(next, rest, strict)
  }

  /** Folds the entries, or as many of the first as one commit takes. */
  async function foldGroup(
    expected: string | null,
    read: Entry[],
    strict: boolean,
  ): Promise<string | undefined> {
    const settled = new Map<string, Settled>()
    let poison: ReadonlyMap<string, Dead> | undefined
    /** Why the database does not take the letters of what it does not take. */
    let unkept: string | undefined
    for (let contended = 0; ; ) {
      const commit = await build({ entries: read, settled, poison: poison ?? new Map() })
      const entries = read.slice(0, commit.length)
      if (__FAILPOINTS__) await failpoint('fold-grouped')
      // What these definitions do not declare may be declared by those that came after them.
      const unknown = commit.dead.some(({ code }) => code === 'definition_changed')
      if (unknown && !(await isNewest())) throw new StaleDefinitionsError()
      const first = strict ? commit.dead[0] : undefined
      if (first) return foldBefore(first, expected, entries)
      try {
        const letters =
          unkept === undefined ? commit.dead : commit.dead.map((letter) => withoutEvent(letter, unkept!))
        const result = await send(expected, { ...commit, dead: letters }, entries)
        if (result.outcome === 'moved' || result.outcome === 'paused') return undefined
        if (result.outcome === 'committed') {
          commit.keep()
          if (reaches(entries, countedTo)) countedTo = undefined
          return commit.next
        }
        if (result.outcome === 'known') {
          for (const { position, again } of result.known) settled.set(position, again ? 'again' : 'repeat')
        } else {
          for (const { batch, position } of commit.counted)
            if (!batch.import && batch.arrival < result.before) settled.set(position, 'late')
        }
      } catch (error) {
        const state = sqlStateOf(error)
        if (state && UNDEFINED.includes(state) && !(await isNewest())) throw new StaleDefinitionsError()
        if (state && CONTENTION.includes(state) && ++contended < CONTENTION_TRIES) {
          await new Promise((settle) => setTimeout(settle, Math.random() * 20 * contended))
          values.reload(await database.readDimensionValues())
          continue
        }
        if (!isAboutEvent(error) || unkept !== undefined) throw error
        if (entries.length > 1) return foldHalves(expected, entries, strict)
        if (poison) {
          unkept = reasonOf(error)
          continue
        }
        const probe = async (trial: Commit) =>
          ontoStates(database, trial.tables, (tables) =>
            database.probe(toInput(log.id, expected, { ...trial, tables })),
          )
        poison = await findPoison({ entry: entries[0]!, settled, build, probe })
      }
    }
  }

  async function send(expected: string | null, commit: Commit, entries: readonly Entry[]) {
    const kept = deadLetters === 'keep' ? commit : { ...commit, dead: [] }
    const counted = reaches(entries, countedTo) ? commit.next : countedTo
    const answer = ontoStates(database, kept.tables, (tables) =>
      database.commit(toInput(log.id, expected, { ...kept, tables }, counted)),
    )
    if (__FAILPOINTS__) {
      // The statement leaves within this turn of the event loop.
      answer.catch(() => undefined)
      await setImmediate()
      await failpoint('commit-sent')
    }
    const result = await answer
    if (__FAILPOINTS__) await failpoint('commit-answered')
    return result
  }

  async function foldBefore(
    letter: DeadLetter,
    expected: string | null,
    entries: Entry[],
  ): Promise<string | undefined> {
    const index = entries.findIndex(({ position }) => position === letter.position)
    if (index === 0) throw new StrictFoldError(letter)
    return foldAll(expected, entries.slice(0, index), true)
  }

  async function foldHalves(
    expected: string | null,
    entries: Entry[],
    strict: boolean,
  ): Promise<string | undefined> {
    const middle = Math.ceil(entries.length / 2)
    const first = await foldAll(expected, entries.slice(0, middle), strict)
    return first === undefined ? undefined : foldAll(first, entries.slice(middle), strict)
  }

  /** One after the other. */
  function inTurn(asked: FoldRun): ReturnType<typeof run> {
    const next = running.then(() => run(asked))
    running = next.catch(() => undefined)
    return next
  }

  return {
    run: async (asked = {}) => (await inTurn(asked)).events,
    settle: async () => (await inTurn({})).settled,
    reload() {
      running = running.then(() => {
        offset = undefined
      })
    },
  }
}

/** Where the counts have come to, in a log that an operator folds again; undefined where they are at the offset. */
async function refoldedTo(log: EventLog, { position, counted }: LogRow): Promise<string | undefined> {
  if (!counted || counted === position) return undefined
  return (await log.view(counted)).place === 'kept' ? counted : undefined
}

function reaches(entries: readonly Entry[], target: string | undefined): boolean {
  return target !== undefined && entries.some(({ position }) => position === target)
}

function upTo(entries: Entry[], most: number): Entry[] {
  return entries.slice(
    0,
    prefixLength(entries, ({ batch }) => batch.events.length, most),
  )
}
