import { Hono } from 'hono'
import { refusalAnswer, refuse } from '../answer.ts'
import type { Db } from '../db/connect.ts'
import { listImports, readParts } from '../db/imports.ts'
import type { KeyRing } from '../keys.ts'
import { readerKey } from './access.ts'

/** What the route needs. */
export interface ImportReadOptions {
  db: Db
  schema: string
  keys: KeyRing
  /** Resolves once everything that was appended before is folded. */
  settle(): Promise<unknown>
}

const PARTS = 10_000

/**
 * `GET /v1/imports`: every import and its state; with `?name=` the newest of that name and, from the row `after` on,
 * which parts of it have counted, so that an importer can go on where it ended. It waits for the fold: a part that is
 * in the log and not in the ledger yet would be sent with other boundaries.
 */
export function createImportReads({ db, schema, keys, settle }: ImportReadOptions): Hono {
  return new Hono().get('/v1/imports', async (c) => {
    const key = readerKey(c, keys)
    if ('code' in key) return refusalAnswer(key)
    if (key.kind !== 'secret') return refusalAnswer(refuse('forbidden', 'imports need a secret key'))
    const name = c.req.query('name')
    const after = Number(c.req.query('after') ?? 0)
    if (name === '' || !Number.isSafeInteger(after) || after < 0) {
      return refusalAnswer(refuse('malformed', 'expected ?name=, and after a whole number'))
    }
    await settle()
    const imports = await listImports(db, schema, name)
    if (name === undefined) return c.json({ imports })
    const newest = imports.toSorted((a, b) => b.generation - a.generation)[0]
    if (!newest) return c.json({ imports: [] })
    return c.json({ imports: [{ ...newest, ...(await readParts(db, schema, newest, after, PARTS)) }] })
  })
}
