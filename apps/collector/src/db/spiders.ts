import { asc, inArray } from 'drizzle-orm'
import { pgSchema, text, timestamp } from 'drizzle-orm/pg-core'
import type { Db } from './connect.ts'

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
  if (agents.length === 0) return
  const table = spidersTable(schema)
  const rows = agents.map((agent) => ({ agent, kind }))
  await db.insert(table).values(rows).onConflictDoUpdate({ target: table.agent, set: { kind } })
}

/** Removes agents, and gives how many there were. */
export async function removeSpiders(db: Db, schema: string, agents: string[]): Promise<number> {
  const table = spidersTable(schema)
  const removed = await db.delete(table).where(inArray(table.agent, agents)).returning({ agent: table.agent })
  return removed.length
}
