import { createHash } from 'node:crypto'
import type { Dataset } from '@trackable/dataset'
import { uuidv8 } from '@trackable/protocol'
import { type Context, Hono } from 'hono'
import { NOT_FOLDED, type Refusal, refusalAnswer, refuse } from '../answer.ts'
import type { Db } from '../db/connect.ts'
import { removeEmptyRows } from '../db/empty-rows.ts'
import {
  markEnded,
  markUndone,
  newestOf,
  type PartContent,
  readContents,
  readParts,
  writtenFields,
} from '../db/imports.ts'
import { createGroup } from '../fold/group.ts'
import { isTakenBack, isUndo, opposite, unpackContent } from '../fold/import-content.ts'
import { createResolver, type ResolvedEvent } from '../fold/resolve.ts'
import type { Key } from '../keys.ts'
import type { LoggedBatch } from '../log/event-log.ts'

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
 * counts once however often a request is repeated. With `?dry=1` it changes nothing, and says whether these parts can
 * be taken back: asked of all of them first, none is taken back where one cannot be.
 */
export function createImportWrites({ keyOf, ...options }: ImportWriteOptions): Hono {
  const app = new Hono()
  const asked = async (c: Context, number: string): Promise<Asked | Refusal> => {
    const key = keyOf(c)
    if ('code' in key) return key
    if (key.kind !== 'secret') return refuse('forbidden', 'imports need a secret key')
    const body = (await c.req.json().catch(() => undefined)) as Record<string, unknown> | undefined
    const { name, [number]: at = 0 } = body ?? {}
    const isName = typeof name === 'string' && !name.includes('\u0000')
    if (!isName || !Number.isSafeInteger(at) || (at as number) < 0) {
      return refuse('malformed', `expected { name, ${number} } with a whole number`)
    }
    if (!(await options.settle())) return NOT_FOLDED
    return { name, at: at as number, bound: key.datasets }
  }
  app.post('/v1/imports/end', async (c) => {
    const request = await asked(c, 'generation')
    if ('code' in request) return refusalAnswer(request)
    const refused = await end(options, request)
    return refused ? refusalAnswer(refused) : c.json({ imports: [] })
  })
  app.post('/v1/imports/undo', async (c) => {
    const request = await asked(c, 'after')
    const dry = c.req.query('dry') !== undefined
    const answer = 'code' in request ? request : await undo(options, request, dry)
    return 'code' in answer ? refusalAnswer(answer) : c.json({ imports: [answer] })
  })
  return app
}

type Options = Omit<ImportWriteOptions, 'keyOf'>

/** What a request is about: an import, and a generation or a row of it. */
interface Asked {
  name: string
  at: number
  /** The datasets that its key is for; empty for all. */
  bound: readonly string[]
}

/** What taking back a few parts came to. */
interface Undone {
  name: string
  generation: number
  /** Events that were taken back by now, of the parts up to `next`. */
  events: number
  /** The row to go on from; null at the end. */
  next: number | null
}

/** Why a key of some datasets may not touch an import: it has written to others. */
function foreign(fields: readonly string[], bound: readonly string[]): Refusal | undefined {
  const other = fields.find((field) => bound.length > 0 && !bound.includes(field.split('.')[0] as string))
  return other === undefined ? undefined : refuse('forbidden', `this key may not write ${other}`)
}

/** Keeps that an import came to its end, where there is one to end. The generations that take back end by themselves. */
async function end({ db, schema }: Options, { name, at: generation, bound }: Asked) {
  if (isUndo({ generation })) {
    return refuse('malformed', `generation ${generation} takes an import back; expected an even one`)
  }
  const { parts } = await readParts(db, schema, { name, generation }, 0, 1)
  if (parts.length === 0) {
    const what = `generation ${generation} of import ${JSON.stringify(name)}`
    return refuse('not_found', `no part of ${what} has counted; send its parts first`)
  }
  const { fields } = await writtenFields(db, schema, { name, generation })
  const refused = foreign(fields, bound)
  if (refused) return refused
  await markEnded(db, schema, { name, generation })
}

async function undo(
  options: Options,
  { name, at: after, bound }: Asked,
  dry: boolean,
): Promise<Undone | Refusal> {
  const { db, schema, datasets, keep, settle } = options
  const newest = await newestOf(db, schema, name)
  if (!newest) return refuse('not_found', `no import ${JSON.stringify(name)}`)
  const { generation } = newest
  if (newest.undone) return { name, generation, events: 0, next: null }
  const parts = await readContents(db, schema, newest, after, PARTS)
  // All of it where it begins; the parts in turn after that, so that what an import costs grows as it does.
  const { fields, kept } = after === 0 ? await writtenFields(db, schema, newest) : writtenBy(parts)
  const refused = foreign(fields, bound) ?? refuseUndo(datasets, name, fields, kept)
  if (refused) return refused
  const taking = takingBack(datasets, parts)
  if ('code' in taking) return taking
  const last = parts.at(-1)
  const next = last && parts.length === PARTS ? last.to : null
  const events = taking.reduce((sum, { added }) => sum + added.length, 0)
  if (dry) return { name, generation, events, next }
  const group = createGroup(datasets)
  for (const { part, added } of taking) {
    for (const event of added) group.add(event, Date.now(), part.arrived)
    // Counted once, because its id and its place are those of the part; proven by `test/convert-virtues.test.ts`.
    const lost = part.undone ? undefined : await keep(oppositeBatch(name, generation + 1, part, added))
    if (lost) return lost
  }
  await settle()
  const taken = await readParts(db, schema, { name, generation: generation + 1 }, after, PARTS)
  if (taken.parts.length < parts.length) return NOT_FOLDED
  // Again where a request was cut off before this: rows that are empty now are of nobody.
  for (const rows of group.deltas()) await removeEmptyRows(db, schema, rows)
  if (next === null) await markUndone(db, schema, newest)
  return { name, generation, events, next }
}

function writtenBy(parts: readonly PartContent[]): { fields: string[]; kept: boolean } {
  return {
    fields: [...new Set(parts.flatMap(({ fields }) => fields ?? []))],
    kept: parts.every(({ fields }) => fields !== null),
  }
}

/** Whether fields that an import wrote can be taken back. */
function refuseUndo(
  datasets: readonly Dataset[],
  name: string,
  fields: readonly string[],
  kept: boolean,
): Refusal | undefined {
  const wrong = fields.filter((written) => {
    const [of, field] = written.split('.') as [string, string]
    const dataset = datasets.find((known) => known.name === of)
    return !dataset || !isTakenBack(dataset, field)
  })
  if (wrong.length > 0) {
    return refuse(
      'forbidden',
      `import ${JSON.stringify(name)} cannot be undone: ${wrong.join(', ')} ${wrong.length > 1 ? 'are' : 'is'} of a kind that nothing can be subtracted from, or no longer declared. Nothing was changed`,
    )
  }
  return kept
    ? undefined
    : refuse('forbidden', `import ${JSON.stringify(name)} was made before imports could be undone`)
}

/** What each of these parts added, in today's definitions; one that another request has ended with added nothing. */
function takingBack(
  datasets: readonly Dataset[],
  parts: readonly PartContent[],
): { part: PartContent; added: ResolvedEvent[] }[] | Refusal {
  const resolve = createResolver(datasets)
  const taking: { part: PartContent; added: ResolvedEvent[] }[] = []
  for (const part of parts) {
    const added = part.undone && part.content === null ? { events: [] } : addedBy(part, resolve)
    if ('code' in added) return added
    taking.push({ part, added: added.events })
  }
  return taking
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
    if ('code' in one)
      return refuse(
        'forbidden',
        `the definitions have changed since: ${one.message}; undo it under those that it was made with`,
      )
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
