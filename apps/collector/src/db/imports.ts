import { sql } from 'drizzle-orm'
import { type Db, rowsOf } from './connect.ts'
import { arrayLiteral, qualified } from './names.ts'

/** A part of an import that has counted. */
export interface CountedPart {
  from: number
  to: number
  id: string
  /** How many of its events were accepted. */
  events: number
}

/**
 * How far an import is. `undoing`: some of it has been taken back. One that is `undone` may come anew, under the
 * second next generation.
 */
export type ImportState = 'unfinished' | 'finished' | 'undoing' | 'undone'

/** An import, as lists show it. */
export interface ImportSummary {
  name: string
  generation: number
  state: ImportState
  /** Rows of its input, those that became no event included. */
  rows: number
  events: number
  batches: number
  /** Arrival of its first and of its last batch. */
  began: string
  ended: string
}

/** What a part of an import added, in the form of `fold/import-content.ts`. */
export interface PartContent {
  from: number
  to: number
  /** When it arrived, in milliseconds. */
  arrived: number
  /** The fields that it wrote, as `dataset.field`; null where it was made before what imports add was kept. */
  fields: string[] | null
  /** Packed, in base64; null where it cannot be taken back, or was. */
  content: string | null
  /** Whether it has been taken back. */
  undone: boolean
}

/**
 * Every import and its state, the newest first.
 * @param name only those of that name
 * @param datasets only those that wrote to none but these; empty for all
 */
export async function listImports(
  db: Db,
  schema: string,
  name?: string,
  datasets: readonly string[] = [],
): Promise<ImportSummary[]> {
  const table = (of: string) => sql.raw(qualified(schema, of))
  const elsewhere = sql`select from ${table('_import_contents')} c, unnest(c.fields) as f(field)
    where c.name = p.name and c.generation = p.generation
      and split_part(f.field, '.', 1) <> all (${arrayLiteral(datasets)}::text[])`
  const own = datasets.length === 0 ? sql`true` : sql`not exists (${elsewhere})`
  const where = name === undefined ? sql`true` : sql`name = ${name}`
  const [found] = await rowsOf<{ list: string }>(
    db,
    sql`with parts as (
        select name, generation, count(*) as batches, max(end_row) as rows, sum(events) as events,
          min(arrived_at) as began, max(arrived_at) as ended
        from ${table('_import_batches')} where ${where} group by name, generation
      )
      select coalesce(json_agg(json_build_object('name', p.name, 'generation', p.generation, 'state', case
          when exists (select from ${table('_imports')} d where d.name = p.name and d.generation = p.generation + 1)
            then 'undone'
          when exists (select from parts u where u.name = p.name and u.generation = p.generation + 1) then 'undoing'
          when exists (select from ${table('_imports')} d where d.name = p.name and d.generation = p.generation)
            then 'finished'
          else 'unfinished' end,
        'rows', p.rows, 'events', p.events, 'batches', p.batches, 'began', p.began, 'ended', p.ended)
        order by p.ended desc, p.name, p.generation desc), '[]')::text as list
      from parts p where p.generation % 2 = 0 and ${own}`,
  )
  const list = JSON.parse(found!.list) as ImportSummary[]
  return list.map((one) => ({ ...one, began: isoOf(one.began), ended: isoOf(one.ended) }))
}

/** The newest generation of a name, and whether it was taken back; found at once, however many parts it has. */
export async function newestOf(
  db: Db,
  schema: string,
  name: string,
): Promise<{ name: string; generation: number; undone: boolean } | undefined> {
  const table = (of: string) => sql.raw(qualified(schema, of))
  const [found] = await rowsOf<{ generation: string | null; undone: boolean }>(
    db,
    sql`select n.generation::text as generation, exists (select from ${table('_imports')} d
        where d.name = ${name} and d.generation = n.generation + 1) as undone
      from (select max(generation) - max(generation) % 2 as generation from ${table('_import_batches')}
        where name = ${name}) n`,
  )
  if (!found?.generation) return undefined
  return { name, generation: Number(found.generation), undone: found.undone }
}

/** The parts of a generation from a row on, in order. */
export async function readParts(
  db: Db,
  schema: string,
  { name, generation }: { name: string; generation: number },
  after: number,
  limit: number,
): Promise<{ parts: CountedPart[]; next: number | null }> {
  const rows = await rowsOf<{ from: string; to: string; id: string; events: string }>(
    db,
    sql`select first_row::text as "from", end_row::text as "to", id::text, events::text
      from ${sql.raw(qualified(schema, '_import_batches'))}
      where name = ${name} and generation = ${generation}::bigint and first_row >= ${after}::bigint
      order by first_row limit ${limit + 1}::int`,
  )
  const parts = rows.map(({ from, to, id, events }) => ({
    from: Number(from),
    to: Number(to),
    id,
    events: Number(events),
  }))
  return { parts: parts.slice(0, limit), next: parts[limit]?.from ?? null }
}

/** What the parts of a generation from a row on added, in order. */
export async function readContents(
  db: Db,
  schema: string,
  { name, generation }: { name: string; generation: number },
  after: number,
  limit: number,
): Promise<PartContent[]> {
  const table = (of: string) => sql.raw(qualified(schema, of))
  const rows = await rowsOf<{
    from: string
    to: string
    arrived: string
    fields: string | null
    content: string | null
    undone: boolean
  }>(
    db,
    sql`select b.first_row::text as "from", b.end_row::text as "to",
        (extract(epoch from b.arrived_at) * 1000)::bigint::text as arrived, to_json(c.fields)::text as fields, encode(c.content, 'base64') as content,
        exists (select from ${table('_import_batches')} u where u.name = b.name
          and u.generation = b.generation + 1 and u.first_row = b.first_row) as undone
      from ${table('_import_batches')} b left join ${table('_import_contents')} c
        on c.name = b.name and c.generation = b.generation and c.first_row = b.first_row
      where b.name = ${name} and b.generation = ${generation}::bigint and b.first_row >= ${after}::bigint
      order by b.first_row limit ${limit}::int`,
  )
  return rows.map((row) => ({
    ...row,
    from: Number(row.from),
    to: Number(row.to),
    arrived: Number(row.arrived),
    fields: row.fields === null ? null : JSON.parse(row.fields),
  }))
}

/** The fields that a generation wrote, as `dataset.field`; and whether what it wrote was kept at all. */
export async function writtenFields(
  db: Db,
  schema: string,
  { name, generation }: { name: string; generation: number },
): Promise<{ fields: string[]; kept: boolean }> {
  const table = (of: string) => sql.raw(qualified(schema, of))
  const [found] = await rowsOf<{ fields: string; kept: boolean }>(
    db,
    sql`select (select coalesce(json_agg(distinct f.field), '[]')::text from ${table('_import_contents')} c,
          unnest(c.fields) as f(field) where c.name = ${name} and c.generation = ${generation}::bigint) as fields,
        not exists (select from ${table('_import_batches')} b where b.name = ${name} and b.generation = ${generation}::bigint
          and not exists (select from ${table('_import_contents')} c where c.name = b.name
            and c.generation = b.generation and c.first_row = b.first_row)) as kept`,
  )
  return { fields: JSON.parse(found!.fields), kept: found!.kept }
}

/** Keeps that an import came to its end. */
export async function markEnded(
  db: Db,
  schema: string,
  { name, generation }: { name: string; generation: number },
): Promise<void> {
  await db.execute(
    sql`insert into ${sql.raw(qualified(schema, '_imports'))} (name, generation)
      values (${name}, ${generation}::bigint) on conflict (name, generation) do update set ended_at = now()`,
  )
}

/** Keeps that an import was taken back to its end. What it had added is needed no more; which fields it wrote is. */
export async function markUndone(
  db: Db,
  schema: string,
  { name, generation }: { name: string; generation: number },
): Promise<void> {
  const table = (of: string) => sql.raw(qualified(schema, of))
  await db.execute(
    sql`with emptied as (update ${table('_import_contents')} set content = null
        where name = ${name} and generation = ${generation}::bigint)
      insert into ${table('_imports')} (name, generation) values (${name}, ${generation}::bigint + 1)
      on conflict (name, generation) do update set ended_at = now()`,
  )
}

function isoOf(time: string): string {
  return new Date(time).toISOString()
}
