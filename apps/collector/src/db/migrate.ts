import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dataset } from '@trackable/dataset'
import { sql } from 'drizzle-orm'
import { type Db, rowsOf } from './connect.ts'
import { sqlStateOf } from './errors.ts'
import { literal, qualified } from './names.ts'
import { definitionsOf, type Past, type Phase, planMigration, type Step } from './plan.ts'
import { readSince } from './since.ts'

/** The definitions that the database's tables follow. */
interface Applied extends Past {
  version: number
  hash: string
}

/** A step with what would be lost by it, counted. */
export type PlannedStep = Omit<Step, 'loses'> & { loses?: string }

/** What a migration would do, or did. */
export interface Migration {
  /** False where the tables follow the definitions already. */
  needed: boolean
  steps: PlannedStep[]
  version: number
  /** All of it as SQL: each is a transaction of its own. */
  transactions: string[]
}

/** A migration that would lose data, and was not told that it may. */
export class DestructiveMigrationError extends Error {
  override readonly name = 'DestructiveMigrationError'

  constructor(steps: PlannedStep[]) {
    const lost = steps.map(({ loses, sql }) => `  ${loses}\n${sql.map((text) => `    ${text};`).join('\n')}`)
    super(
      `this configuration would lose data:\n${lost.join('\n')}\nrun "trackable migrate --allow-destructive" if you mean it`,
    )
  }
}

const MOVED_STATE = 'TRKMV'
const UNDEFINED_TABLE = '42P01'
/** Lock timeout, deadlock: somebody else was in the way, such as the fold or a long report. */
const IN_THE_WAY = ['55P03', '40P01']
/**
 * A migration waits for a lock for so long, and whoever comes after it waits with it. Less than the five seconds that
 * nobody may wait (proven by `rolling-restart.test.ts`).
 */
const LOCK_TIMEOUT = '2s'
const TRIES = 30
const PAUSE_MS = 500

async function applied(db: Db, schema: string): Promise<Applied | null> {
  const table = qualified(schema, '_definitions')
  const [found] = await rowsOf<{ there: boolean; since: boolean }>(
    db,
    sql`select to_regclass(${table}) is not null as there, to_regclass(${qualified(schema, '_since')}) is not null as since`,
  )
  if (!found?.there) return null
  const rows = await rowsOf<{ version: string; hash: string; definitions: string }>(
    db,
    sql.raw(`select version::text, hash, definitions::text from ${table} order by version desc limit 1`),
  )
  const last = rows[0]
  if (!last) return null
  return {
    version: Number(last.version),
    hash: last.hash,
    definitions: JSON.parse(last.definitions),
    since: found.since ? await readSince(db, schema) : new Map(),
  }
}

/** What a migration to these definitions would do; nothing is changed. */
export async function planFor(db: Db, schema: string, datasets: readonly Dataset[]): Promise<Migration> {
  const from = await applied(db, schema)
  const version = from?.version ?? 0
  if (from?.hash === hashOf(datasets)) return { needed: false, steps: [], version, transactions: [] }
  const past = from ?? { definitions: [], since: new Map() }
  const steps: PlannedStep[] = []
  for (const { loses, ...step } of planMigration(schema, past, datasets, new Date())) {
    const rows = loses ? await countRows(db, loses.rows) : 0
    if (loses && (loses.always || rows > 0)) steps.push({ ...step, loses: `${loses.what}, ${rows} rows` })
    else if (step.sql.length > 0) steps.push(step)
  }
  return { needed: true, steps, version: version + 1, transactions: script(schema, datasets, from, steps) }
}

/** How many rows a query counts: none in a table that somebody has dropped already. */
async function countRows(db: Db, query: string): Promise<number> {
  try {
    const [row] = await rowsOf<{ count: string }>(db, sql.raw(query))
    return Number(row?.count ?? 0)
  } catch (error) {
    if (sqlStateOf(error) !== UNDEFINED_TABLE) throw error
    return 0
  }
}

/**
 * Brings the tables to the definitions, under an advisory lock and with a short lock timeout. Killed between two of
 * its transactions it goes on from there the next time; twice is harmless; of two at once, one plans anew.
 * @throws DestructiveMigrationError where data would be lost and `allowDestructive` is false
 */
export async function migrate(
  db: Db,
  schema: string,
  datasets: readonly Dataset[],
  allowDestructive: boolean,
): Promise<Migration> {
  for (let tries = 1; ; tries++) {
    const plan = await planFor(db, schema, datasets)
    const losing = plan.steps.filter((step) => step.loses)
    if (losing.length > 0 && !allowDestructive) throw new DestructiveMigrationError(losing)
    try {
      // Several statements in one message are one transaction, on one connection.
      for (const transaction of plan.transactions) await db.execute(sql.raw(transaction))
      return plan
    } catch (error) {
      const state = sqlStateOf(error) ?? ''
      if (state === MOVED_STATE) continue
      if (!IN_THE_WAY.includes(state) || tries === TRIES) throw error
      await sleep(PAUSE_MS * (0.5 + Math.random()))
    }
  }
}

const PHASES: Phase[] = ['expand', 'build', 'contract']

function script(
  schema: string,
  datasets: readonly Dataset[],
  from: Applied | null,
  steps: readonly PlannedStep[],
): string[] {
  const table = qualified(schema, '_definitions')
  const { prepare, rest } = split(steps)
  const record = `insert into ${table} (version, hash, definitions) values (${(from?.version ?? 0) + 1}, ${literal(hashOf(datasets))}, ${literal(JSON.stringify(definitionsOf(datasets)))})`
  const guard = `do $guard$ begin
  if (select max(version) from ${table}) is distinct from ${from?.version ?? 'null'} then
    raise exception 'another collector migrated meanwhile' using errcode = '${MOVED_STATE}';
  end if;
end $guard$`
  const head = [
    `select set_config('lock_timeout', '${LOCK_TIMEOUT}', true)`,
    // Building an index takes as long as it takes.
    `select set_config('statement_timeout', '0', true)`,
    `select pg_advisory_xact_lock(hashtext(${literal(`trackable ${schema}`)}))`,
    ...prepare,
    guard,
  ]
  // Only an index that is built needs transactions of their own: what expands must not lock readers out for so long.
  const builds = rest.some(({ phase }) => phase === 'build')
  const groups = builds ? PHASES.map((phase) => rest.filter((step) => step.phase === phase)) : [rest]
  return groups
    .filter((group, i) => group.length > 0 || i === groups.length - 1)
    .map((group, i, all) => {
      const texts = group.flatMap((step) => titled(step))
      return [...head, ...texts, ...(i === all.length - 1 ? [record] : [])]
        .map((text) => `${text};`)
        .join('\n')
    })
}

function split(steps: readonly PlannedStep[]): { prepare: string[]; rest: PlannedStep[] } {
  const [prepare, ...others] = steps
  const inPhase = (phase: Phase) => others.filter((step) => step.phase === phase)
  return { prepare: prepare?.sql ?? [], rest: PHASES.flatMap(inPhase) }
}

/** A step's statements under its title, as people read it. */
function titled({ title, sql, loses }: PlannedStep): string[] {
  const heading = `-- ${title}${loses ? ` (LOSES DATA: ${loses})` : ''}`
  if (sql.length === 0) return [heading]
  return sql.map((text, i) => (i === 0 ? `${heading}\n${text}` : text))
}

/** Whether the database's tables follow these definitions, and no others that came after them. */
export async function isApplied(db: Db, schema: string, datasets: readonly Dataset[]): Promise<boolean> {
  return (await applied(db, schema))?.hash === hashOf(datasets)
}

function hashOf(datasets: readonly Dataset[]): string {
  // The first part changes when the SQL that is made from the same definitions does.
  return `7-${createHash('sha256')
    .update(JSON.stringify(definitionsOf(datasets)))
    .digest('hex')}`
}
