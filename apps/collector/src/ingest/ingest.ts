import type { Dataset } from '@trackable/dataset'
import { aggregateOf } from '@trackable/dataset/fold'
import type { BatchAnswer, DryAnswer } from '@trackable/protocol'
import { LRUCache } from 'lru-cache'
import { type Refusal, type Reply, refusalReply, refuse, replyOf } from '../answer.ts'
import { failpoint } from '../failpoint.ts'
import type { Key, KeyRing } from '../keys.ts'
import { type EventLog, LogError, type LoggedBatch } from '../log/event-log.ts'
import type { Secret } from '../secret.ts'
import { createAdmission } from './admission.ts'
import { admit } from './admit.ts'
import { type Envelope, isExpired, parseBatch } from './batch.ts'
import { refuseType, unpack } from './body.ts'
import { decideBatch, type Judges } from './decide.ts'
import { createEventReader } from './events.ts'
import type { Visitors } from './visitors.ts'

/** What ingest needs: it sees the log, and never the database. */
export interface IngestOptions {
  log: EventLog
  keys: KeyRing
  datasets: readonly Dataset[]
  isBot: Judges['isBot']
  secret: Secret
  visitors: Visitors
  /** How long a batch may be under way, in milliseconds. */
  dedupWindowMs: number
  now(): number
  /** How many ids the hint `duplicate` remembers; 50,000 by default. */
  rememberedIds?: number
  /** The log takes nothing more: the process must end. */
  onFatal(error: Error): void
}

/** A request with a batch, however it came. */
export interface BatchRequest {
  /** A header by its name in small letters. */
  header(name: string): string | undefined
  /** Of the connection; undefined where it is not known. */
  address: string | undefined
  dry: boolean
  body(): Promise<Buffer | Refusal>
}

/** Takes a batch: checked, decided, durable, and only then answered 202. */
export type Ingest = (request: BatchRequest) => Promise<Reply>

const REMEMBERED_IDS = 50_000

/** Creates what answers `POST /v1/batches`. */
export function createIngest(options: IngestOptions): Ingest {
  const { log, keys, datasets, now, dedupWindowMs, secret } = options
  const judges: Judges = {
    readEvent: createEventReader(datasets, secret.hash),
    addVisitor: visitorAdder(datasets, options.visitors),
    isBot: options.isBot,
    windowMs: dedupWindowMs,
  }
  const hashes = datasets.some(({ fields }) => Object.values(fields).some(({ kind }) => kind === 'unique'))
  const admission = createAdmission()
  const durable = new LRUCache<string, true>({ max: options.rememberedIds ?? REMEMBERED_IDS })

  function check(
    request: BatchRequest,
    body: Buffer,
    arrival: number,
  ): { envelope: Envelope; key: Key } | Refusal {
    const envelope = parseBatch(body, arrival)
    if ('code' in envelope) return envelope
    const key = admit(keys, {
      authorization: request.header('authorization'),
      key: envelope.key,
      origin: request.header('origin'),
    })
    if ('code' in key) return key
    if (key.kind === 'write' && (envelope.import || request.dry)) {
      return refuse('forbidden', 'imports and dry runs need a secret key')
    }
    if (hashes && !secret.isLoaded()) {
      return refuse('unavailable', "the installation's secret is not loaded yet; send the batch again")
    }
    if (isExpired(envelope, dedupWindowMs)) {
      return refuse('expired', 'the batch was opened too long before it was sent to tell it from a repeat')
    }
    return { envelope, key }
  }

  async function keep(logged: LoggedBatch, answer: BatchAnswer): Promise<Reply> {
    try {
      await log.append(logged)
    } catch (error) {
      if (!(error instanceof LogError)) throw error
      if (error.fatal) options.onFatal(error)
      return refusalReply(refuse('unavailable', `${error.message}; send the batch again`))
    }
    // Only a hint, and only now that a copy is durable; what counts once is decided in the fold's commit.
    if (durable.has(logged.id)) answer.duplicate = true
    durable.set(logged.id, true)
    return replyOf(202, answer)
  }

  async function take(request: BatchRequest): Promise<Reply> {
    const body = await bodyOf(request)
    if ('code' in body) return refusalReply(body)
    if (__FAILPOINTS__) await failpoint('body-read')
    const arrival = now()
    const checked = check(request, body, arrival)
    if ('code' in checked) return refusalReply(checked)
    const facts = {
      arrival,
      userAgent: request.header('user-agent'),
      address: request.address,
      prefetch: isPrefetch(request),
      private: isPrivate(request),
    }
    const { logged, answer } = decideBatch(checked.envelope, checked.key, facts, judges)
    if (__FAILPOINTS__) await failpoint('validated')
    return request.dry ? replyOf(200, dryAnswer(datasets, logged, answer)) : keep(logged, answer)
  }

  return async (request) => {
    const leave = admission.enter(lengthOf(request))
    if (!leave) return CROWDED
    try {
      return await take(request)
    } finally {
      leave()
    }
  }
}

const CROWDED = refusalReply(
  refuse('unavailable', 'more requests are under way than fit; send the batch again'),
)

/** How much a request may hold; undefined where that is not known before it is read. */
function lengthOf(request: BatchRequest): number | undefined {
  const length = request.header('content-length')
  return length && /^\d+$/.test(length) && !request.header('content-encoding') ? Number(length) : undefined
}

async function bodyOf(request: BatchRequest): Promise<Buffer | Refusal> {
  const encoding = request.header('content-encoding')?.trim().toLowerCase()
  const refused = refuseType(request.header('content-type'), encoding)
  if (refused) return refused
  const body = await request.body()
  return encoding === 'gzip' && !('code' in body) ? unpack(body) : body
}

function isPrefetch(request: BatchRequest): boolean {
  const purpose = request.header('sec-purpose') ?? request.header('purpose')
  return purpose !== undefined && /prefetch|prerender/i.test(purpose)
}

/** Whoever says so is not told apart from others. */
function isPrivate(request: BatchRequest): boolean {
  return request.header('sec-gpc') === '1' || request.header('dnt') === '1'
}

/** Puts the visitor into every `unique({ of: 'visitor' })` of an event's dataset. */
function visitorAdder(datasets: readonly Dataset[], visitors: Visitors): Judges['addVisitor'] {
  const places = datasets.map(({ fields }) =>
    Object.values(fields).flatMap((field, index) => (field.kind === 'unique' && field.of ? [index] : [])),
  )
  return ([dataset, , , fields], facts, arrival) => {
    const mine = places[dataset]!
    const element = mine.length > 0 ? visitors.elementOf(facts, arrival) : undefined
    if (element !== undefined) for (const place of mine) fields.push(place, element)
  }
}

/** What the accepted events would add, by dataset and field: to counters and sums, whose changes add up over batches. */
function dryAnswer(datasets: readonly Dataset[], { events }: LoggedBatch, answer: BatchAnswer): DryAnswer {
  const changes: DryAnswer['changes'] = {}
  datasets.forEach((dataset, index) => {
    const mine = events.filter(([of]) => of === index)
    if (mine.length === 0) return
    const sums = Object.entries(dataset.fields).flatMap(([name, field], place) => {
      if (field.kind !== 'counter' && field.kind !== 'sum') return []
      const aggregate = aggregateOf(field)
      let state = aggregate.empty()
      for (const [, , at, fields] of mine) {
        for (let i = 0; i < fields.length; i += 2)
          if (fields[i] === place) state = aggregate.add(state, fields[i + 1]!, at)
      }
      return [[name, aggregate.result(state)]]
    })
    changes[dataset.name] = Object.fromEntries(sums)
  })
  return { ...answer, changes }
}
