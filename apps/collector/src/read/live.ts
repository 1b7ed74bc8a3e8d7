import type { Dataset } from '@trackable/dataset'
import { type Context, Hono } from 'hono'
import { type Refusal, refusalAnswer, refuse } from '../answer.ts'
import { QUANTILES } from '../db/field-reads.ts'
import type { TableRows } from '../db/fold-database.ts'
import { readable, readerKey } from './access.ts'
import { type Row, rowsJson } from './json.ts'
import { createSubscriber, type Subscriber, type Wish } from './live-subscriber.ts'
import type { ReadOptions } from './route.ts'
import { readTotals, storedParent } from './totals.ts'

/** Who is told of totals as they are folded. */
export interface Live {
  route: Hono
  /** Told what a commit of this collector's fold has changed. */
  onCommitted(tables: readonly TableRows[]): void
  /** Ends every stream. */
  close(): void
}

const MOST_STREAMS = 100
const TELL_EVERY = 250
/** Also how soon a stream ends whose key was revoked. */
const ALIVE_EVERY = 4000
const PARENTS_A_READ = 500
/** More parents than that between two rounds are not told: their totals are right when they change again. */
const MOST_PARENTS = 5000

/**
 * `GET /v1/live?dataset=&parent=&fields=`: server-sent events `totals` with `{ dataset, rows }`, each row a parent whose
 * totals have changed, as it is now. Rows that change often are told once a quarter of a second.
 */
export function createLive({ db, schema, keys, datasets }: Omit<ReadOptions, 'now'>): Live {
  const subscribers = new Set<Subscriber>()
  const changed = new Map<string, Set<string>>()
  let timer: NodeJS.Timeout | undefined
  let closed = false
  const alive = setInterval(() => {
    for (const one of subscribers) {
      if (one.isAllowed()) one.keepAlive()
      else one.end()
    }
  }, ALIVE_EVERY)
  alive.unref()

  async function tell(): Promise<void> {
    const now = [...changed]
    changed.clear()
    for (const [name, parents] of now) {
      const dataset = datasets.find((one) => one.name === name)!
      const wanting = [...subscribers].filter((one) => one.wants(name))
      const wanted = [...parents].filter((parent) => wanting.some((one) => one.wants(name, parent)))
      for (let i = 0; i < wanted.length; i += PARENTS_A_READ) {
        const asked = {
          dataset,
          by: [],
          fields: Object.keys(dataset.fields),
          parents: wanted.slice(i, i + PARENTS_A_READ),
          quantiles: QUANTILES,
        }
        const rows = await readTotals(db, schema, asked)
        if ('code' in rows) continue
        for (const one of wanting) one.tell(name, rows)
      }
    }
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      // What could not be read now is told when it changes again: these are totals, not differences.
      void tell()
        .catch(() => undefined)
        .finally(() => {
          timer = undefined
          if (changed.size > 0 && !closed) schedule()
        })
    }, TELL_EVERY)
  }

  const route = new Hono().get('/v1/live', (c) => {
    const wishes = wishesOf(c, keys, datasets)
    if ('code' in wishes) return refusalAnswer(wishes)
    if (closed || subscribers.size >= MOST_STREAMS) {
      return refusalAnswer(
        refuse('unavailable', `${subscribers.size} streams are open, the most there may be`),
      )
    }
    const quoted = c.req.query('bigint') === 'string'
    const { subscriber, body } = createSubscriber(
      wishes,
      (rows: Row[]) => rowsJson(rows, quoted),
      () => !isRevoked(c, keys),
    )
    subscribers.add(subscriber)
    subscriber.onEnd(() => subscribers.delete(subscriber))
    return new Response(body, {
      headers: {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
      },
    })
  })

  return {
    route,
    onCommitted(tables) {
      for (const { layout, rows } of tables) {
        const { name } = layout.dataset
        if (layout.kind !== 'totals' || ![...subscribers].some((one) => one.wants(name))) continue
        const parents = changed.get(name) ?? new Set()
        for (const { parent } of rows) if (parents.size < MOST_PARENTS) parents.add(parent)
        changed.set(name, parents)
        schedule()
      }
    },
    close() {
      closed = true
      clearTimeout(timer)
      clearInterval(alive)
      for (const one of subscribers) one.end()
    },
  }
}

function isRevoked(c: Context, keys: ReadOptions['keys']): boolean {
  const key = readerKey(c, keys)
  return 'code' in key && key.code === 'unknown_key'
}

/** By dataset, what a stream is to tell: the fields that its key may read, of these parents or of all. */
function wishesOf(
  c: Context,
  keys: ReadOptions['keys'],
  datasets: readonly Dataset[],
): Map<string, Wish> | Refusal {
  const key = readerKey(c, keys)
  if ('code' in key) return key
  const named = c.req.queries('dataset') ?? []
  const parents = c.req.queries('parent')
  const wishes = new Map<string, Wish>()
  for (const name of named.length > 0 ? named : datasets.map((one) => one.name)) {
    const allowed = readable(c, key, datasets, name)
    // Without names, a stream is of what there is to read.
    if ('code' in allowed && named.length > 0) return allowed
    if ('code' in allowed) continue
    const { dataset, fields } = allowed
    const stored = parents?.map((parent) => storedParent(dataset.parent, parent))
    const known = stored?.filter((parent) => parent !== undefined).map(String)
    wishes.set(name, { fields, parents: known && new Set(known) })
  }
  return wishes.size > 0 ? wishes : refuse('forbidden', 'there is no dataset that this key may read')
}
