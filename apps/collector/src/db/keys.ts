import { isNull, sql } from 'drizzle-orm'
import { pgSchema, text, timestamp } from 'drizzle-orm/pg-core'
import { type Db, rowsOf } from './connect.ts'
import { qualified } from './names.ts'

/** A row of the keys. */
export interface KeyRow {
  id: string
  kind: 'write' | 'secret'
  hash: string
  signing: string
  origins: string[]
  datasets: string[]
}

function keysTable(schema: string) {
  return pgSchema(schema).table('_keys', {
    id: text('id').primaryKey(),
    kind: text('kind').$type<'write' | 'secret'>().notNull(),
    hash: text('hash').notNull(),
    signing: text('signing').notNull(),
    origins: text('origins').array().notNull(),
    datasets: text('datasets').array().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
  })
}

/** The keys that are not revoked. */
export async function listKeys(db: Db, schema: string): Promise<KeyRow[]> {
  const { id, kind, hash, signing, origins, datasets, revokedAt, createdAt } = keysTable(schema)
  return db
    .select({ id, kind, hash, signing, origins, datasets })
    .from(keysTable(schema))
    .where(isNull(revokedAt))
    .orderBy(createdAt)
}

/** Adds a key. */
export async function insertKey(db: Db, schema: string, row: KeyRow): Promise<void> {
  await db.insert(keysTable(schema)).values(row)
}

/** Revokes a key; false where there is none such, or it is revoked. */
export async function revokeKey(db: Db, schema: string, id: string): Promise<boolean> {
  const table = sql.raw(qualified(schema, '_keys'))
  const rows = (await db.execute(
    sql`update ${table} set revoked_at = now() where id = ${id} and revoked_at is null returning id`,
  )) as unknown as unknown[]
  return rows.length > 0
}

/** The installation's secret, in hexadecimal digits: a list of one. */
export async function listSecret(db: Db, schema: string): Promise<[string]> {
  const [row] = await rowsOf<{ secret: string }>(
    db,
    sql`select encode(secret, 'hex') as secret from ${sql.raw(qualified(schema, '_installation'))}`,
  )
  if (!row) throw new Error(`schema ${schema} has no row in _installation; run "trackable migrate"`)
  return [row.secret]
}
