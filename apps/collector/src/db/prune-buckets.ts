import { type Dataset, durationMs, type Grain } from '@trackable/dataset'
import { layoutOf, type TableLayout, zoneClock } from '@trackable/dataset/fold'
import { sql } from 'drizzle-orm'
import { controlledColumns } from './columns.ts'
import { type Db, rowsOf } from './connect.ts'
import { isApplied } from './migrate.ts'
import { literal, qualified, quoted } from './names.ts'

/** What is no log's: under it stands what pruning took out of the control sums. */
const NO_LOG = 0

/**
 * Deletes buckets that ended before what their grain keeps, at most `limit` rows, and gives how many went; none where
 * the tables follow other definitions than these, which may keep them longer. The control
 * sums lose what they held, in the same statement: `verify` goes on comparing what is there.
 * @param now milliseconds since 1970; where the database's clock is behind, its own
 */
export async function pruneBuckets(
  db: Db,
  schema: string,
  datasets: readonly Dataset[],
  now: number,
  limit: number,
): Promise<number> {
  if (!(await isApplied(db, schema, datasets))) return 0
  let pruned = 0
  for (const layout of datasets.flatMap(layoutOf)) {
    const { series } = layout.dataset
    const keep = series?.keep[layout.kind as Grain]
    if (!layout.bucket || !keep || pruned >= limit) continue
    const past = (await databaseTime(db, now)) - durationMs(keep)!
    const before = zoneClock(series.zone).bucketOf(past, layout.kind as Grain)
    pruned += await pruneTable(db, schema, layout, before, limit - pruned)
  }
  return pruned
}

/** The earlier of two clocks: one that is ahead of the other forgets nothing. */
async function databaseTime(db: Db, now: number): Promise<number> {
  const [row] = await rowsOf<{ now: string }>(
    db,
    sql`select (extract(epoch from clock_timestamp()) * 1000)::bigint::text as now`,
  )
  return Math.min(now, Number(row?.now))
}

async function pruneTable(
  db: Db,
  schema: string,
  layout: TableLayout,
  before: number,
  limit: number,
): Promise<number> {
  const table = qualified(schema, layout.name)
  // Rows that a fold holds are left for the next round: waiting for them could be waiting for each other.
  const [row] = await rowsOf<{ pruned: string }>(
    db,
    sql.raw(`with gone as (
      delete from ${table} where ctid = any(array(
        select ctid from ${table} where bucket < ${literal(new Date(before).toISOString())} order by bucket limit ${limit}
        for update skip locked)) returning *
    )${takeControl(schema, layout)} select count(*)::text as pruned from gone`),
  )
  return Number(row?.pruned ?? 0)
}

function takeControl(schema: string, layout: TableLayout): string {
  const sums = controlledColumns(layout).map(
    (column) => `(${literal(column)}, (select sum(${quoted(column)}) from gone))`,
  )
  if (sums.length === 0) return ''
  return `, taken as (
      insert into ${qualified(schema, '_control')} as kept (log, table_name, column_name, total)
      select ${NO_LOG}, ${literal(layout.name)}, c.name, -c.total from (values ${sums.join(', ')}) as c(name, total)
      where exists (select from gone)
      on conflict (log, table_name, column_name) do update set total = kept.total + excluded.total
    )`
}
