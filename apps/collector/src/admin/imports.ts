import { createHash } from 'node:crypto'
import type { Dataset } from '@trackable/dataset'
import { uuidv8 } from '@trackable/protocol'
import { type Context, Hono } from 'hono'
import { type Refusal, refusalAnswer, refuse } from '../answer.ts'
import type { Db } from '../db/connect.ts'
import { removeEmptyRows } from '../db/empty-rows.ts'
import {
  type ImportSummary,
  listImports,
  markEnded,
  type PartContent,
  readContents,
  readParts,
  writtenFields,
} from '../db/imports.ts'
import { createGroup } from '../fold/group.ts'
import { isSubtractable, isUndo, opposite, unpackContent } from '../fold/import-content.ts'
import { createResolver, type ResolvedEvent } from '../fold/resolve.ts'
import type { Key } from '../keys.ts'
import type { LoggedBatch } from '../log/event-log.ts'
import { NOT_FOLDED } from '../read/imports.ts'

/** What the routes need. */
export interface ImportWriteOptions {
  db: Db
  schema: string
  datasets: readonly Dataset[]
  /** Writes a batch; resolves once it is on disk, or with why it may not be. */
  keep(logged: LoggedBatch): Promise<Refusal | undefined>
  /** Folds, and says whether everything that was appended to this collector's log before is folded. */
  settle(): Promise<boolean>
  /** The key of a request, where it is one. */
  keyOf(c: Context): Key | Refusal
}

/** Parts that one request takes back: about a tenth of a second of work. */
const PARTS = 20

/**
 * `POST /v1/imports/end` with `{ name, generation }` keeps that an import came to its end. `POST /v1/imports/undo`
 * with `{ name, after }` takes the newest import of a name back, some parts a request, from the row `after` on, and
 * answers where to go on, null at the end. What it takes back goes through the log as the next generation, so that it
 * counts once however often a request is repeated.
 */
export function createImportWrites({ keyOf, ...options }: ImportWriteOptions): Hono {
  const app = new Hono()
  const asked = async (c: Context, number: string): Promise<{ name: string; at: number } | Refusal> => {
    const key = keyOf(c)
    if ('code' in key) return key
    if (key.kind !== 'secret') return refuse('forbidden', 'imports need a secret key')
    const body = (await c.req.json().catch(() => undefined)) as Record<string, unknown> | undefined
    const { name, [number]: at = 0 } = body ?? {}
    if (typeof name !== 'string' || !Number.isSafeInteger(at) || (at as number) < 0) {
      return refuse('malformed', `expected { name, ${number} } with a whole number`)
    }
    if (!(await options.settle())) return NOT_FOLDED
    const most = key.datasets.length === 0 ? undefined : await notOf(options, key.datasets, name)
    return most ?? { name, at: at as number }
  }
  app.post('/v1/imports/end', async (c) => {
    const request = await asked(c, 'generation')
    if ('code' in request) return refusalAnswer(request)
    const refused = await end(options, request.name, request.at)
    return refused ? refusalAnswer(refused) : c.json({ imports: [] })
  })
  app.post('/v1/imports/undo', async (c) => {
    const request = await asked(c, 'after')
    const answer = 'code' in request ? request : await undo(options, request.name, request.at)
    return 'code' in answer ? refusalAnswer(answer) : c.json({ imports: [answer] })
  })
  return app
}

type Options = Omit<ImportWriteOptions, 'keyOf'>

/** What taking back a few parts came to. */
interface Undone {
  name: string
  generation: number
  /** Events that were taken back by now, of the parts up to `next`. */
  events: number
  /** The row to go on from; null at the end. */
  next: number | null
}

/** Why a key of some datasets may not take an import back: it has written to others. */
async function notOf(
  options: Options,
  datasets: readonly string[],
  name: string,
): Promise<Refusal | undefined> {
  const newest = await newestOf(options, name)
  const { fields } = newest ? await writtenFields(options.db, options.schema, newest) : { fields: [] }
  const foreign = fields.find((field) => !datasets.includes(field.split('.')[0] as string))
  return foreign === undefined ? undefined : refuse('forbidden', `this key may not write ${foreign}`)
}

async function newestOf({ db, schema }: Options, name: string): Promise<ImportSummary | undefined> {
  return (await listImports(db, schema, name)).sort((a, b) => b.generation - a.generation)[0]
}

/** Keeps that an import came to its end, where there is one to end. The generations that take back end by themselves. */
async function end({ db, schema }: Options, name: string, generation: number) {
  if (isUndo({ generation })) {
    return refuse('malformed', `generation ${generation} takes an import back; expected an even one`)
  }
  const { parts } = await readParts(db, schema, { name, generation }, 0, 1)
  if (parts.length === 0) {
    const what = `generation ${generation} of import ${JSON.stringify(name)}`
    return refuse('not_found', `no part of ${what} has counted; send its parts first`)
  }
  await markEnded(db, schema, { name, generation })
}

async function undo(options: Options, name: string, after: number): Promise<Undone | Refusal> {
  const { db, schema, datasets, keep, settle } = options
  const newest = await newestOf(options, name)
  if (!newest) return refuse('not_found', `no import ${JSON.stringify(name)}`)
  const { generation } = newest
  if (newest.state === 'undone') return { name, generation, events: 0, next: null }
  const refused = await refuseUndo(options, newest)
  if (refused) return refused
  const parts = await readContents(db, schema, newest, after, PARTS)
  const resolve = createResolver(datasets)
  const group = createGroup(datasets)
  let events = 0
  for (const part of parts) {
    const added = addedBy(part, resolve)
    if ('code' in added) return added
    for (const event of added.events) group.add(event, Date.now(), part.arrived)
    events += added.events.length
    // Counted once, because its id and its place are those of the part; proven by `test/convert-virtues.test.ts`.
    const lost = part.undone ? undefined : await keep(oppositeBatch(name, generation + 1, part, added.events))
    if (lost) return lost
  }
  await settle()
  const taken = await readParts(db, schema, { name, generation: generation + 1 }, after, PARTS)
  if (taken.parts.length < parts.length) return NOT_FOLDED
  // Again where a request was cut off before this: rows that are empty now are of nobody.
  for (const rows of group.deltas()) await removeEmptyRows(db, schema, rows)
  const last = parts.at(-1)
  if (last && parts.length === PARTS) return { name, generation, events, next: last.to }
  await markEnded(db, schema, { name, generation: generation + 1 })
  return { name, generation, events, next: null }
}

/** Before anything is taken back: whether all of it can be. */
async function refuseUndo(
  { db, schema, datasets }: Options,
  newest: ImportSummary,
): Promise<Refusal | undefined> {
  const { fields, kept } = await writtenFields(db, schema, newest)
  const wrong = fields.filter((written) => {
    const [name, field] = written.split('.') as [string, string]
    const dataset = datasets.find((known) => known.name === name)
    return !dataset || !isSubtractable(dataset, field)
  })
  if (wrong.length > 0) {
    return refuse(
      'forbidden',
      `import ${JSON.stringify(newest.name)} cannot be undone: ${wrong.join(', ')} ${wrong.length > 1 ? 'are' : 'is'} of a kind that nothing can be subtracted from, or no longer declared. Nothing was changed`,
    )
  }
  return kept
    ? undefined
    : refuse('forbidden', `import ${JSON.stringify(newest.name)} was made before imports could be undone`)
}

function addedBy(
  { content }: PartContent,
  resolve: ReturnType<typeof createResolver>,
): { events: ResolvedEvent[] } | Refusal {
  if (content === null) return refuse('forbidden', 'a part of this import was not kept')
  const { definitions, events } = unpackContent(content)
  const resolved: ResolvedEvent[] = []
  for (const event of events) {
    const one = resolve(event, definitions)
    if ('code' in one) return refuse('forbidden', `the definitions have changed since: ${one.message}`)
    resolved.push(one)
  }
  return { events: resolved }
}

function oppositeBatch(
  name: string,
  generation: number,
  { from, to, arrived }: PartContent,
  added: ResolvedEvent[],
) {
  const events = added.map(opposite)
  const place = JSON.stringify([name, generation, from, to])
  const id = uuidv8(
    createHash('sha256')
      .update(`${place}\n${JSON.stringify(events)}`)
      .digest(),
  )
  const part = { name, generation, from, to }
  return { id, arrival: Date.now(), received: events.length, import: part, takesBack: arrived, events }
}
