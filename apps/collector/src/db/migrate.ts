import { createHash } from 'node:crypto'
import type { Dataset } from '@trackable/dataset'
import { sql } from 'drizzle-orm'
import { type Db, rowsOf } from './connect.ts'
import { sqlStateOf } from './errors.ts'
import { literal, qualified } from './names.ts'
import { definitionsOf, planMigration, type Step } from './plan.ts'

/** The definitions that the database's tables follow. */
export interface Applied {
  version: number
  hash: string
  definitions: Dataset[]
}

/** What a migration would do, or did. */
export interface Migration {
  /** False where the tables follow the definitions already. */
  needed: boolean
  steps: Step[]
  version: number
}

/** A migration that would lose data, and was not told that it may. */
export class DestructiveMigrationError extends Error {
  override readonly name = 'DestructiveMigrationError'

  constructor(steps: Step[]) {
    const lost = steps.map((step) => `  ${step.loses}\n${step.sql.map((text) => `    ${text};`).join('\n')}`)
    super(
      `this configuration would lose data:\n${lost.join('\n')}\nrun "trackable migrate --allow-destructive" if you mean it`,
    )
  }
}

const MOVED_STATE = 'TRKMV'

/** The definitions that were applied last; null for a database that has none. */
async function appliedDefinitions(db: Db, schema: string): Promise<Applied | null> {
  const table = qualified(schema, '_definitions')
  const [found] = await rowsOf<{ there: boolean }>(db, sql`select to_regclass(${table}) is not null as there`)
  if (!found?.there) return null
  const rows = await rowsOf<{ version: string; hash: string; definitions: string }>(
    db,
    sql.raw(`select version::text, hash, definitions::text from ${table} order by version desc limit 1`),
  )
  const last = rows[0]
  return last
    ? { version: Number(last.version), hash: last.hash, definitions: JSON.parse(last.definitions) }
    : null
}

/** What a migration to these definitions would do; nothing is changed. */
export async function planFor(
  db: Db,
  schema: string,
  datasets: readonly Dataset[],
): Promise<Migration & { from: Applied | null }> {
  const from = await appliedDefinitions(db, schema)
  const needed = from?.hash !== hashOf(datasets)
  const steps = needed ? planMigration(schema, from?.definitions ?? [], datasets) : []
  return { needed, steps, from, version: (from?.version ?? 0) + (needed ? 1 : 0) }
}

/**
 * Brings the tables to the definitions, in one transaction, under an advisory lock and with a short lock timeout.
 * Twice is harmless; of two at once, one plans anew.
 * @throws DestructiveMigrationError where data would be lost and `allowDestructive` is false
 */
export async function migrate(
  db: Db,
  schema: string,
  datasets: readonly Dataset[],
  allowDestructive: boolean,
): Promise<Migration> {
  for (;;) {
    const plan = await planFor(db, schema, datasets)
    if (!plan.needed) return plan
    const losing = plan.steps.filter((step) => step.loses)
    if (losing.length > 0 && !allowDestructive) throw new DestructiveMigrationError(losing)
    try {
      await db.execute(sql.raw(script(schema, datasets, plan)))
      return plan
    } catch (error) {
      if (sqlStateOf(error) !== MOVED_STATE) throw error
    }
  }
}

/** All of it as one string: several statements in one message are one transaction, on one connection. */
function script(
  schema: string,
  datasets: readonly Dataset[],
  plan: Migration & { from: Applied | null },
): string {
  const table = qualified(schema, '_definitions')
  const [prepare, ...rest] = plan.steps
  const guard = `do $guard$ begin
  if (select max(version) from ${table}) is distinct from ${plan.from?.version ?? 'null'} then
    raise exception 'another collector migrated meanwhile' using errcode = '${MOVED_STATE}';
  end if;
end $guard$`
  const record = `insert into ${table} (version, hash, definitions) values (${plan.version}, ${literal(hashOf(datasets))}, ${literal(JSON.stringify(definitionsOf(datasets)))})`
  return [
    `select set_config('lock_timeout', '5s', true)`,
    `select pg_advisory_xact_lock(hashtext(${literal(`trackable ${schema}`)}))`,
    ...(prepare?.sql ?? []),
    guard,
    ...rest.flatMap((step) => step.sql),
    record,
  ].join(';\n')
}

function hashOf(datasets: readonly Dataset[]): string {
  // The first part changes when the SQL that is made from the same definitions does.
  return `4-${createHash('sha256')
    .update(JSON.stringify(definitionsOf(datasets)))
    .digest('hex')}`
}
