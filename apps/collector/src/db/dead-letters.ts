import type { Dataset } from '@trackable/dataset'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, rowsOf } from './connect.ts'
import { arrayLiteral, qualified } from './names.ts'

/** A dead letter as people see it. */
export interface ShownLetter {
  id: string
  dataset: string
  code: string
  message: string
  at: string
  position: string
  event: unknown
}

/** A dead letter as a replay needs it. */
export interface ReplayLetter {
  id: string
  log: string
  /** As the log kept it. */
  logged: unknown
  definition: Dataset
  /** When its event arrived, in milliseconds; of an older letter, when it became one. */
  arrival: number
}

/** Which dead letters are meant: by id, by dataset, or all. */
export interface Letters {
  ids?: string[]
  dataset?: string
}

function table(schema: string): SQL {
  return sql.raw(qualified(schema, '_dead_letters'))
}

function chosen({ ids, dataset }: Letters): SQL {
  const byId = ids ? sql`d.id = any(${arrayLiteral(ids)}::bigint[])` : sql`true`
  return dataset === undefined ? byId : sql`${byId} and d.dataset = ${dataset}`
}

/** Dead letters by id, from after one on. */
export async function listLetters(
  db: Db,
  schema: string,
  letters: Letters,
  after: string,
  limit: number,
): Promise<ShownLetter[]> {
  const rows = await rowsOf<{ letter: string }>(
    db,
    sql`select json_build_object('id', d.id::text, 'dataset', d.dataset, 'code', d.code, 'message', d.message,
      'at', d.died_at, 'position', d.position, 'event', d.event)::text as letter
      from ${table(schema)} d where ${chosen(letters)} and d.id > ${after}::bigint order by d.id limit ${limit}::int`,
  )
  return rows.map(({ letter }) => JSON.parse(letter))
}

/** The same for a replay. */
export async function readLetters(
  db: Db,
  schema: string,
  letters: Letters,
  after: string,
  limit: number,
): Promise<ReplayLetter[]> {
  const rows = await rowsOf<{ letter: string }>(
    db,
    sql`select json_build_object('id', d.id::text, 'log', l.log, 'logged', d.logged, 'definition', d.definition,
      'arrival', (extract(epoch from coalesce(d.arrived_at, d.died_at)) * 1000)::bigint)::text as letter
      from ${table(schema)} d join ${sql.raw(qualified(schema, '_logs'))} l on l.number = d.log
      where ${chosen(letters)} and d.id > ${after}::bigint order by d.id limit ${limit}::int`,
  )
  return rows.map(({ letter }) => JSON.parse(letter))
}

/** Deletes dead letters for good; they stay counted as dead. Gives how many went. */
export async function dropLetters(db: Db, schema: string, letters: Letters): Promise<number> {
  const rows = await rowsOf(
    db,
    sql`delete from ${table(schema)} d where ${chosen(letters)} returning d.id::text`,
  )
  return rows.length
}
