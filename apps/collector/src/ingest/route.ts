import type { Dataset } from '@trackable/dataset'
import { aggregateOf } from '@trackable/dataset/fold'
import type { BatchAnswer, DryAnswer } from '@trackable/protocol'
import { type Context, Hono } from 'hono'
import { LRUCache } from 'lru-cache'
import { jsonAnswer, type Refusal, refusalAnswer, refuse } from '../answer.ts'
import type { Key, KeyRing } from '../keys.ts'
import { type EventLog, LogError, type LoggedBatch } from '../log/event-log.ts'
import { admit } from './admit.ts'
import { type Envelope, isExpired, parseBatch } from './batch.ts'
import { readBody } from './body.ts'
import { decideBatch, type Judges } from './decide.ts'
import { createEventReader } from './events.ts'

/** What ingest needs: it sees the log, and never the database. */
export interface IngestOptions {
  log: EventLog
  keys: KeyRing
  datasets: readonly Dataset[]
  isBot: Judges['isBot']
  /** How long a batch may be under way, in milliseconds. */
  dedupWindowMs: number
  now(): number
  /** The log takes nothing more: the process must end. */
  onFatal(error: Error): void
}

const REMEMBERED_IDS = 50_000

/** `POST /v1/batches`: checked, decided, durable, and only then answered 202. */
export function createIngest(options: IngestOptions): Hono {
  const { log, keys, datasets, now, dedupWindowMs } = options
  const judges: Judges = {
    readEvent: createEventReader(datasets),
    isBot: options.isBot,
    windowMs: dedupWindowMs,
  }
  const durable = new LRUCache<string, true>({ max: REMEMBERED_IDS })

  function check(c: Context, body: Buffer, arrival: number): { envelope: Envelope; key: Key } | Refusal {
    const envelope = parseBatch(body, arrival)
    if ('code' in envelope) return envelope
    const key = admit(keys, {
      authorization: c.req.header('authorization'),
      key: envelope.key,
      origin: c.req.header('origin'),
    })
    if ('code' in key) return key
    if (key.kind === 'write' && (envelope.import || c.req.query('dry'))) {
      return refuse('forbidden', 'imports and dry runs need a secret key')
    }
    if (isExpired(envelope, dedupWindowMs)) {
      return refuse('expired', 'the batch was opened too long before it was sent to tell it from a repeat')
    }
    return { envelope, key }
  }

  async function keep(logged: LoggedBatch, answer: BatchAnswer): Promise<BatchAnswer | Refusal> {
    try {
      await log.append(logged)
    } catch (error) {
      if (!(error instanceof LogError)) throw error
      if (error.fatal) options.onFatal(error)
      return refuse('unavailable', `${error.message}; send the batch again`)
    }
    // Only a hint, and only now that a copy is durable; what counts once is decided in the fold's commit.
    if (durable.has(logged.id)) answer.duplicate = true
    durable.set(logged.id, true)
    return answer
  }

  return new Hono().post('/v1/batches', async (c) => {
    const body = await readBody(c)
    if ('code' in body) return refusalAnswer(body)
    const arrival = now()
    const checked = check(c, body, arrival)
    if ('code' in checked) return refusalAnswer(checked)
    const facts = { arrival, userAgent: c.req.header('user-agent'), prefetch: isPrefetch(c) }
    const { logged, answer } = decideBatch(checked.envelope, checked.key, facts, judges)
    if (c.req.query('dry')) return jsonAnswer(200, dryAnswer(datasets, logged, answer))
    const kept = await keep(logged, answer)
    return 'code' in kept ? refusalAnswer(kept) : jsonAnswer(202, kept)
  })
}

function isPrefetch(c: Context): boolean {
  return /prefetch|prerender/i.test(c.req.header('sec-purpose') ?? c.req.header('purpose') ?? '')
}

/** What the accepted events would add, by dataset and field. */
function dryAnswer(datasets: readonly Dataset[], { events }: LoggedBatch, answer: BatchAnswer): DryAnswer {
  const changes: DryAnswer['changes'] = {}
  datasets.forEach((dataset, index) => {
    const mine = events.filter(([of]) => of === index)
    if (mine.length === 0) return
    changes[dataset.name] = Object.fromEntries(
      Object.entries(dataset.fields).map(([name, field], place) => {
        const aggregate = aggregateOf(field)
        let state = aggregate.empty()
        for (const [, , , fields] of mine) {
          for (let i = 0; i < fields.length; i += 2)
            if (fields[i] === place) state = aggregate.add(state, fields[i + 1]!)
        }
        return [name, aggregate.result(state)]
      }),
    )
  })
  return { ...answer, changes }
}
