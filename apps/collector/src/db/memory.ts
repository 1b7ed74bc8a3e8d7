import { aggregateOf, type Int } from '@trackable/dataset/fold'
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
const INT64 = 2n ** 63n
const OUT_OF_RANGE = '22003'

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
      attempt(state, input)
    },
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
  const after: State = {
    ...state,
    ...takeBatches(state, input, stamp),
    dead: takeDead(state, input),
    values: admit(state, input.values),
    ...merge(state, input),
  }
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

function merge(state: State, { log, tables }: CommitInput): Pick<State, 'rows' | 'control'> {
  const rows = new Map(state.rows)
  const control = new Map(state.control)
  for (const { layout, rows: deltas } of tables) {
    const algebra = layout.fields.map(({ definition }) => aggregateOf(definition))
    for (const { parent, bucket, dimensions, states } of deltas) {
      const key = keyOf(layout.name, parent, bucket, ...dimensions)
      const stored = rows.get(key)?.states ?? algebra.map(({ empty }) => empty())
      const merged = algebra.map((aggregate, i) => aggregate.merge(stored[i]!, states[i]!))
      layout.fields.forEach(({ column, definition }, i) => {
        const named = `${layout.name} (${[parent, bucket, ...dimensions].join(', ')}).${column}`
        if (definition.kind === 'counter')
          for (const value of [states[i]!, merged[i]!]) checkInt64(value, named)
        const of = keyOf(log, layout.name, column)
        const total = algebra[i]!.merge(control.get(of)?.total ?? algebra[i]!.empty(), states[i]!)
        const scale = definition.kind === 'sum' ? definition.scale : 0
        control.set(of, { log, table: layout.name, column, total, scale })
      })
      rows.set(key, { layout, parent, bucket, dimensions, states: merged })
    }
  }
  return { rows, control }
}

function checkInt64(value: Int, named: string): void {
  if (typeof value === 'number' || (value < INT64 && value >= -INT64)) return
  throw refuse(OUT_OF_RANGE, `${named} would be ${value}, which is out of the range of bigint`)
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

function refuse(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

function keyOf(...parts: (string | number)[]): string {
  return parts.join('\u0000')
}

function importKey({ name, generation, from }: ImportBatch): string {
  return keyOf(name, generation, from)
}
