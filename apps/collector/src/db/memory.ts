import { plusCounts } from '../counts.ts'
import { RETRY_STATE } from './commit-sql.ts'
import type {
  CommitInput,
  CommitOutcome,
  FoldDatabase,
  ImportBatch,
  KnownRecord,
  NewValues,
} from './fold-database.ts'
import { keyOf, mergeRows, refuse, storedStates } from './memory-rows.ts'
import type { LogState, State, Taken } from './memory-state.ts'
import { type Tables, tablesOf } from './memory-tables.ts'

/** The fold's database in memory, for tests, with what surrounds it: pausing, pruning and backups. */
export interface MemoryFoldDatabase extends FoldDatabase {
  setPaused(log: string, paused: boolean): void
  /** Sets a log's offset, where it still is what was read. */
  setOffset(log: string, expected: string | null, offset: string | null): boolean
  /** Says how far back a log still keeps records: the ledger is not pruned past that. */
  reportOldest(log: string, oldest: number): void
  /** Prunes the ledger by at most `limit` rows a table, and gives how many went. */
  pruneLedger(windowMs: number, limit: number): number
  tables(): Tables
  /** Takes a backup, and gives what restores it. */
  backUp(): () => void
}

const DAY = 86_400_000

/** An empty one. It answers as the Postgres one does, as `fold-database.contract.ts` says. */
export function createMemoryFoldDatabase(): MemoryFoldDatabase {
  let state: State = {
    logs: new Map(),
    batches: new Map(),
    repeats: new Map(),
    imports: new Map(),
    dead: new Map(),
    values: new Map(),
    rows: new Map(),
    control: new Map(),
    settledBefore: Number.NEGATIVE_INFINITY,
  }
  const change = (log: string, changed: Partial<LogState>) => {
    state = withLog(state, log, changed)
  }
  return {
    async commit(input) {
      const { outcome, after } = attempt(state, input)
      state = after
      return outcome
    },
    async probe(input) {
      const { outcome } = attempt(state, input)
      return outcome.outcome === 'stale' ? { outcome: 'stale' } : { outcome: 'passed' }
    },
    readStates: async (tables) => tables.map((table) => storedStates(state, table)),
    async readLog(log) {
      const found = state.logs.get(log)
      if (!found) return undefined
      const { oldestArrival, ...row } = found
      return structuredClone(row)
    },
    readDimensionValues: async () => [...state.values.values()],
    setPaused: (log, paused) => change(log, { paused }),
    setOffset(log, expected, offset) {
      const found = state.logs.get(log)?.position === expected
      if (found) change(log, { position: offset })
      return found
    },
    reportOldest: (log, oldestArrival) => change(log, { oldestArrival }),
    pruneLedger(windowMs, limit) {
      const before = state
      state = pruned(state, windowMs, limit)
      const rows = ({ batches, repeats }: State) => batches.size + repeats.size
      return rows(before) - rows(state)
    },
    tables: () => tablesOf(state),
    backUp() {
      const backup = state
      return () => {
        state = backup
      }
    },
  }
}

function emptyLog(): LogState {
  return {
    position: null,
    counted: null,
    paused: false,
    latestArrival: null,
    oldestArrival: null,
    lost: null,
    batches: 0,
    received: 0,
    accepted: 0,
    folded: 0,
    dead: 0,
    duplicates: 0,
    rejected: {},
    dropped: {},
  }
}

function withLog(state: State, log: string, changed: Partial<LogState>): State {
  const row = { ...(state.logs.get(log) ?? emptyLog()), ...changed }
  return { ...state, logs: new Map(state.logs).set(log, row) }
}

/** The steps of a commit, in the order of the one in SQL. @throws an error with its SQLSTATE as `code` */
function attempt(before: State, input: CommitInput): { outcome: CommitOutcome; after: State } {
  const state = withLog(before, input.log, {})
  const log = state.logs.get(input.log)!
  const refused = refusalOf(state, log, input)
  if (refused) return { outcome: refused, after: state }
  const stamp = Math.max(input.newestArrival, log.latestArrival ?? Number.NEGATIVE_INFINITY)
  const taken = {
    ...takeBatches(state, input, stamp),
    dead: takeDead(state, input),
    values: admit(state, input.values),
  }
  const merged = mergeRows(state, input)
  if (!merged) return { outcome: { outcome: 'stale' }, after: before }
  const after: State = { ...state, ...taken, ...merged }
  return { outcome: { outcome: 'committed' }, after: withLog(after, input.log, counted(log, input, stamp)) }
}

function refusalOf(state: State, log: LogState, input: CommitInput): CommitOutcome | undefined {
  if (log.position !== input.expected) return { outcome: 'moved' }
  if (log.paused) return { outcome: 'paused' }
  const known = knownOf(state, input)
  if (known.length > 0) return { outcome: 'known', known }
  const { oldestArrival } = input
  if (oldestArrival === null || oldestArrival >= state.settledBefore) return undefined
  return { outcome: 'settled', before: state.settledBefore }
}

function knownOf(state: State, { log, batches, imports, repeats }: CommitInput): KnownRecord[] {
  const isRepeat = (position: string) => state.repeats.has(keyOf(log, position))
  const record = (position: string, taken: Pick<Taken, 'log' | 'position'> | undefined): KnownRecord[] => {
    if (!taken) return []
    const again = (taken.log === log && taken.position === position) || isRepeat(position)
    return [{ position, again }]
  }
  return [
    ...batches.flatMap(({ id, position }) => record(position, state.batches.get(id))),
    ...imports.flatMap((part) => record(part.position, state.imports.get(importKey(part)))),
    ...repeats.filter(isRepeat).map((position) => ({ position, again: true })),
  ]
}

function takeBatches(state: State, { log, batches, imports, repeats }: CommitInput, arrived: number) {
  const ledger = new Map(state.batches)
  for (const { id, position } of batches) ledger.set(id, { log, position, arrived })
  if (ledger.size !== state.batches.size + batches.length) {
    throw refuse(RETRY_STATE, 'a batch is twice in one commit')
  }
  const parts = new Map(state.imports)
  for (const { fields: _, content: __, ...part } of imports) parts.set(importKey(part), { ...part, log })
  const copies = new Map(state.repeats)
  for (const position of repeats) copies.set(keyOf(log, position), { log, position, arrived })
  return { batches: ledger, imports: parts, repeats: copies }
}

function takeDead(state: State, { log, dead }: CommitInput): State['dead'] {
  const all = new Map(state.dead)
  for (const letter of dead) {
    const key = keyOf(log, letter.position, letter.index)
    if (!all.has(key)) all.set(key, { ...letter, log })
  }
  return all
}

function admit(state: State, proposed: NewValues[]): State['values'] {
  const all = new Map(state.values)
  for (const { dataset, dimension, cap, values } of proposed) {
    for (const value of values) all.set(keyOf(dataset, dimension, value), { dataset, dimension, value })
    const admitted = [...all.values()].filter((one) => one.dataset === dataset && one.dimension === dimension)
    if (admitted.length > cap) throw refuse(RETRY_STATE, 'another folder admitted values meanwhile')
  }
  return all
}

function counted(
  log: LogState,
  { next, counted, counts }: CommitInput,
  latestArrival: number,
): Partial<LogState> {
  const sum = (name: 'batches' | 'received' | 'accepted' | 'folded' | 'dead' | 'duplicates') =>
    log[name] + counts[name]
  return {
    position: next,
    counted,
    latestArrival,
    batches: sum('batches'),
    received: sum('received'),
    accepted: sum('accepted'),
    folded: sum('folded'),
    dead: sum('dead'),
    duplicates: sum('duplicates'),
    rejected: plusCounts(log.rejected, counts.rejected),
    dropped: plusCounts(log.dropped, counts.dropped),
  }
}

function pruned(state: State, windowMs: number, limit: number): State {
  if (state.logs.size === 0) return state
  const oldest = [...state.logs.values()].map((log) => log.oldestArrival ?? Number.NEGATIVE_INFINITY)
  const settledBefore = Math.max(state.settledBefore, Math.min(...oldest) - DAY)
  const without = (ledger: Map<string, Taken>) => {
    const old = [...ledger].filter(([, { arrived }]) => arrived < settledBefore - windowMs).slice(0, limit)
    const kept = new Map(ledger)
    for (const [key] of old) kept.delete(key)
    return kept
  }
  return { ...state, settledBefore, batches: without(state.batches), repeats: without(state.repeats) }
}

function importKey({ name, generation, from }: ImportBatch): string {
  return keyOf(name, generation, from)
}
