import { sql } from 'drizzle-orm'
import { type Db, rowsOf } from './connect.ts'
import type { LogRow } from './fold-database.ts'
import { qualified } from './names.ts'

/** A log's row; undefined for a log that was never seen. */
export async function readLogRow(db: Db, schema: string, log: string): Promise<LogRow | undefined> {
  // As one JSON text: offset and counts come from one row, and both drivers give the same.
  const [found] = await rowsOf<{ row: string }>(
    db,
    sql`select json_build_object('position', position, 'counted', counted, 'paused', paused, 'batches', batches, 'received', received,
      'accepted', accepted, 'folded', folded, 'dead', dead, 'duplicates', duplicates, 'rejected', rejected,
      'dropped', dropped, 'lost', lost, 'latestArrival',
      case when isfinite(latest_arrival) then (extract(epoch from latest_arrival) * 1000)::bigint end)::text as row
      from ${sql.raw(qualified(schema, '_logs'))} where log = ${log}`,
  )
  return found && (JSON.parse(found.row) as LogRow)
}

/** Pauses the fold of a log, or lets it go on. It holds over restarts, and is asked in each commit. */
export async function setPaused(db: Db, schema: string, log: string, paused: boolean): Promise<void> {
  const table = sql.raw(qualified(schema, '_logs'))
  await db.execute(
    sql`insert into ${table} (log, paused) values (${log}, ${paused}) on conflict (log) do update set paused = ${paused}`,
  )
}

/** Sets a log's offset, where it still is what was read. */
export async function setOffset(
  db: Db,
  schema: string,
  log: string,
  expected: string | null,
  offset: string | null,
): Promise<boolean> {
  const rows = await rowsOf(
    db,
    sql`update ${sql.raw(qualified(schema, '_logs'))} set position = ${offset}
      where log = ${log} and position is not distinct from ${expected} returning log`,
  )
  return rows.length > 0
}

/** Notes what an operator goes on without, added to what was lost before. */
export async function addLost(
  db: Db,
  schema: string,
  log: string,
  lost: NonNullable<LogRow['lost']>,
): Promise<void> {
  const row = await readLogRow(db, schema, log)
  const before = row?.lost ?? { batches: 0, received: 0, accepted: 0 }
  const sum = {
    batches: before.batches + lost.batches,
    received: before.received + lost.received,
    accepted: before.accepted + lost.accepted,
  }
  await db.execute(
    sql`update ${sql.raw(qualified(schema, '_logs'))} set lost = ${JSON.stringify(sum)}::jsonb where log = ${log}`,
  )
}

/** Says how far back a log still keeps records: the ledger is not pruned past that. */
export async function reportOldest(db: Db, schema: string, log: string, oldest: number): Promise<void> {
  const table = sql.raw(qualified(schema, '_logs'))
  const at = new Date(oldest).toISOString()
  await db.execute(
    sql`insert into ${table} (log, oldest_arrival) values (${log}, ${at}::timestamptz)
      on conflict (log) do update set oldest_arrival = excluded.oldest_arrival, seen_at = now()`,
  )
}

/** Prunes the ledger by at most `limit` rows a table, and gives how many went. */
export async function pruneLedger(db: Db, schema: string, windowMs: number, limit: number): Promise<number> {
  const prune = sql.raw(qualified(schema, '_prune_ledger'))
  const [row] = await rowsOf<{ pruned: string }>(
    db,
    sql`select ${prune}(${`${windowMs} milliseconds`}::interval, ${limit}::integer)::text as pruned`,
  )
  return Number(row?.pruned ?? 0)
}
