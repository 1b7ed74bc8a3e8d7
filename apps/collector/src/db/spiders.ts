import { asc, sql } from 'drizzle-orm'
import { pgSchema, text, timestamp } from 'drizzle-orm/pg-core'
import { type Db, rowsOf } from './connect.ts'
import { arrayLiteral, qualified } from './names.ts'

/** A row of the operator's list of user agents. */
export interface SpiderRow {
  agent: string
  kind: 'bot' | 'person'
}

function spidersTable(schema: string) {
  return pgSchema(schema).table('_spiders', {
    agent: text('agent').primaryKey(),
    kind: text('kind').$type<'bot' | 'person'>().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  })
}

/** The operator's list, oldest first: of two patterns that an agent meets, the older one decides. */
export async function listSpiders(db: Db, schema: string): Promise<SpiderRow[]> {
  const table = spidersTable(schema)
  const { agent, kind, createdAt } = table
  return db.select({ agent, kind }).from(table).orderBy(asc(createdAt), asc(agent))
}

/** Adds agents, or changes of what kind they are. */
export async function addSpiders(
  db: Db,
  schema: string,
  agents: string[],
  kind: 'bot' | 'person',
): Promise<void> {
  // One parameter for all of them: a statement takes 65,535 at most.
  await db.execute(
    sql`insert into ${table(schema)} (agent, kind) select agent, ${kind}::text
      from unnest(${arrayLiteral(agents)}::text[]) as given(agent)
      on conflict (agent) do update set kind = excluded.kind`,
  )
}

/** Removes agents, and gives how many there were. */
export async function removeSpiders(db: Db, schema: string, agents: string[]): Promise<number> {
  const removed = await rowsOf(
    db,
    sql`delete from ${table(schema)} where agent = any (${arrayLiteral(agents)}::text[]) returning 1 as removed`,
  )
  return removed.length
}

function table(schema: string) {
  return sql.raw(qualified(schema, '_spiders'))
}
