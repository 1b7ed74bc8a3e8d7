import type { Dataset, Grain } from '@trackable/dataset'
import { layoutOf, type TableLayout } from '@trackable/dataset/fold'
import { sql } from 'drizzle-orm'
import { controlledColumns } from './columns.ts'
import { type Db, rowsOf } from './connect.ts'
import { arrayLiteral, literal, qualified, quoted } from './names.ts'
import { readSince } from './since.ts'

const SHOWN = 20

/** What differs, a sentence each; empty where nothing does. */
export type Differences = string[]

/** Compares every column of every table with what commits have added to it, in one snapshot a table. */
export async function verifyControl(
  db: Db,
  schema: string,
  datasets: readonly Dataset[],
): Promise<Differences> {
  const differences: Differences = []
  for (const layout of datasets.flatMap(layoutOf)) {
    for (const { column, stored, added } of await columnSums(db, schema, layout)) {
      if (stored !== added) {
        differences.push(
          `${layout.name}.${column} sums up to ${stored}, and the fold has added ${added}: rows were changed by something else`,
        )
      }
    }
  }
  return differences
}

async function columnSums(db: Db, schema: string, layout: TableLayout) {
  const sums = controlledColumns(layout).map(
    (column) => `(${literal(column)}, (select coalesce(sum(${quoted(column)}), 0)::numeric from t))`,
  )
  if (sums.length === 0) return []
  return rowsOf<{ column: string; stored: string; added: string }>(
    db,
    sql.raw(`with t as (select * from ${qualified(schema, layout.name)})
      select s.name as column, trim_scale(s.stored)::text as stored, trim_scale(coalesce(c.added, 0))::text as added
      from (values ${sums.join(', ')}) as s(name, stored) left join (
        select column_name, sum(total) as added from ${qualified(schema, '_control')}
        where table_name = ${literal(layout.name)} group by column_name
      ) c on c.column_name = s.name`),
  )
}

/**
 * Compares the totals of every parent with the sums over its buckets and dimensions, in tables that were given the
 * same numbers: a grain that was added later, or is kept for a while only, holds less and is left out.
 */
export async function verifyBuckets(
  db: Db,
  schema: string,
  datasets: readonly Dataset[],
): Promise<Differences> {
  const differences: Differences = []
  const since = await readSince(db, schema)
  for (const dataset of datasets) {
    const layouts = layoutOf(dataset)
    const totals = layouts.find(({ kind }) => kind === 'totals')!
    for (const layout of layouts.filter((one) => one !== totals && isWhole(one))) {
      for (const column of controlledColumns(layout)) {
        const [one, other] = [totals, layout].map(({ name }) => Number(since.get(`${name}.${column}`)))
        if (one !== other) continue
        differences.push(...(await compareParents(db, schema, totals.name, layout.name, column)))
      }
    }
  }
  return differences
}

function isWhole({ kind, dataset }: TableLayout): boolean {
  return dataset.series?.keep[kind as Grain] === undefined
}

async function compareParents(
  db: Db,
  schema: string,
  totals: string,
  parts: string,
  column: string,
): Promise<Differences> {
  const name = quoted(column)
  const rows = await rowsOf<{ parent: string; total: string; parts: string }>(
    db,
    sql.raw(`select parent::text as parent, coalesce(t.n, 0)::text as total, coalesce(p.n, 0)::text as parts
      from (select parent, ${name}::numeric as n from ${qualified(schema, totals)}) t
      full join (select parent, sum(${name}) as n from ${qualified(schema, parts)} group by parent) p using (parent)
      where coalesce(t.n, 0) <> coalesce(p.n, 0)
      order by parent limit ${SHOWN}`),
  )
  return rows.map(
    (row) =>
      `${column} of ${JSON.stringify(row.parent)} is ${row.total} in ${totals} and ${row.parts} in ${parts}`,
  )
}

/** Compares the counts of every log with each other: accepted = folded + dead + duplicates, at its offset. */
export async function verifyLogs(db: Db, schema: string): Promise<Differences> {
  const rows = await rowsOf<{ log: string; accepted: string; settled: string }>(
    db,
    sql.raw(`select log, accepted::text, (folded + dead + duplicates)::text as settled from ${qualified(schema, '_logs')}
      where accepted <> folded + dead + duplicates`),
  )
  return rows.map(
    ({ log, accepted, settled }) =>
      `log ${log} has ${accepted} accepted events at its offset, and ${settled} that were folded, dead or duplicates`,
  )
}

/** A record of a log that lies before the offset. */
export interface FoldedRecord {
  id: string
  position: string
  import: { name: string; generation: number; from: number } | undefined
}

/** The records of these that no ledger knows, though they were folded. */
export async function missingInLedger(
  db: Db,
  schema: string,
  log: string,
  records: FoldedRecord[],
): Promise<string[]> {
  const imports = records.flatMap((record) =>
    record.import ? [{ ...record.import, position: record.position }] : [],
  )
  const batches = records.filter((record) => !record.import)
  const name = (table: string) => sql.raw(qualified(schema, table))
  const rows = await rowsOf<{ position: string }>(
    db,
    sql`select asked.position from (
        select b.position from unnest(${arrayLiteral(batches.map(({ id }) => id))}::uuid[],
          ${arrayLiteral(batches.map(({ position }) => position))}::text[]) as b(id, position)
        where not exists (select from ${name('_batches')} s where s.id = b.id)
        union all
        select i.position from jsonb_to_recordset(${JSON.stringify(imports)}::jsonb)
          as i(position text, name text, generation bigint, "from" bigint)
        where not exists (select from ${name('_import_batches')} s
          where s.name = i.name and s.generation = i.generation and s.first_row = i."from")
      ) asked where not exists (
        select from ${name('_repeats')} r join ${name('_logs')} l on l.number = r.log and l.log = ${log}
        where r.position = asked.position)`,
  )
  return rows.map(({ position }) => position)
}
