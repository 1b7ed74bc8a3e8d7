import { Hono } from 'hono'
import { NOT_FOLDED, refusalAnswer, refuse } from '../answer.ts'
import type { Db } from '../db/connect.ts'
import { listImports, newestOf, readParts } from '../db/imports.ts'
import type { KeyRing } from '../keys.ts'
import { readerKey } from './access.ts'

/** What the route needs. */
export interface ImportReadOptions {
  db: Db
  schema: string
  keys: KeyRing
  /** Folds, and says whether everything that was appended to this collector's log before is folded. */
  settle(): Promise<boolean>
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
    if (name === '' || name?.includes('\u0000') || !Number.isSafeInteger(after) || after < 0) {
      return refusalAnswer(refuse('malformed', 'expected ?name=, and after a whole number'))
    }
    // What waits unseen would be sent once more. Tested in test/convert-imports.test.ts, "while the log is paused".
    if (!(await settle())) return refusalAnswer(NOT_FOLDED)
    // Guarantee 7 for bound keys. Tested in test/access.test.ts, "a bound key sees no import of a foreign dataset".
    if (name === undefined) return c.json({ imports: await listImports(db, schema, name, key.datasets) })
    const newest = await newestOf(db, schema, name)
    if (!newest) return c.json({ imports: [] })
    const own = await listImports(db, schema, name, key.datasets)
    const summary = own.find(({ generation }) => generation === newest.generation)
    if (!summary) {
      const what = `import ${JSON.stringify(name)} wrote to datasets that this key may not read`
      return refusalAnswer(refuse('forbidden', `${what}; choose another name`))
    }
    return c.json({ imports: [{ ...summary, ...(await readParts(db, schema, newest, after, PARTS)) }] })
  })
}
