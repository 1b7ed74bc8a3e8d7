import type { Dataset } from '@trackable/dataset'
import { aggregateOf, isSubtractable } from '@trackable/dataset/fold'
import type { DryAnswer } from '@trackable/protocol'
import { LRUCache } from 'lru-cache'
import { type Refusal, type Reply, refusalReply, refuse, replyOf } from '../answer.ts'
import { failpoint } from '../failpoint.ts'
import type { Key } from '../keys.ts'
import { admit } from './admit.ts'
import { type Envelope, parseBatch, refuseExpired } from './batch.ts'
import { refuseType, unpack } from './body.ts'
import { type Decision, decideBatch } from './decide.ts'
import type { Door, Request } from './door.ts'
import type { Granted } from './grant.ts'

/** A request with a batch, however it came. */
export interface BatchRequest extends Request {
  dry: boolean
  body(): Promise<Buffer | Refusal>
}

/** Takes a batch: checked, decided, durable, and only then answered 202. */
export type Ingest = (request: BatchRequest) => Promise<Reply>

const REMEMBERED_IDS = 50_000

/**
 * Creates what answers `POST /v1/batches`.
 * @param rememberedIds how many ids the hint `duplicate` remembers
 */
export function createIngest(door: Door, rememberedIds = REMEMBERED_IDS): Ingest {
  const { datasets, now } = door
  const durable = new LRUCache<string, true>({ max: rememberedIds })

  async function keep({ logged, answer, turnedAway }: Decision): Promise<Reply> {
    const refused = await door.keep(logged)
    if (refused) return refusalReply(refused)
    // Only a hint, and only now that a copy is durable; what counts once is decided in the fold's commit.
    if (durable.has(logged.id)) answer.duplicate = true
    else door.tell(turnedAway)
    durable.set(logged.id, true)
    return replyOf(202, answer)
  }

  async function take(request: BatchRequest): Promise<Reply> {
    const body = await bodyOf(request)
    if ('code' in body) return refusalReply(body)
    if (__FAILPOINTS__) await failpoint('body-read')
    const arrival = now()
    const checked = check(door, request, body, arrival)
    if ('code' in checked) return refusalReply(checked)
    const { envelope, key, granted } = checked
    const decision = decideBatch(envelope, key, granted, door.factsOf(request, arrival), door.judges)
    if (__FAILPOINTS__) await failpoint('validated')
    return request.dry ? replyOf(200, dryAnswer(datasets, decision)) : keep(decision)
  }

  return async (request) => {
    const leave = door.admission.enter(lengthOf(request))
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

interface Checked {
  envelope: Envelope
  key: Key
  granted: Granted | undefined
}

function check(door: Door, request: BatchRequest, body: Buffer, arrival: number): Checked | Refusal {
  const envelope = parseBatch(body, arrival)
  if ('code' in envelope) return envelope
  const key = admit(door.keys, {
    authorization: request.header('authorization'),
    key: envelope.key,
    origin: request.header('origin'),
  })
  if ('code' in key) return key
  if (key.kind === 'write' && (envelope.import || request.dry)) {
    return refuse('forbidden', 'imports and dry runs need a secret key')
  }
  const early = door.refuseEarly()
  if (early) return early
  const expired = refuseExpired(envelope, door.dedupWindowMs)
  if (expired) return expired
  // A secret key may write everything, so that there is nothing that a grant could add.
  const granted = key.kind === 'secret' ? undefined : door.readGrant(envelope.grant, arrival)
  if (granted && 'code' in granted) return granted
  return door.refuseRate(key, request, envelope.events.length) ?? { envelope, key, granted }
}

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

/** What the accepted events would add, by dataset and field: to counters and sums, whose changes add up over batches. */
function dryAnswer(datasets: readonly Dataset[], { logged: { events }, answer }: Decision): DryAnswer {
  const changes: DryAnswer['changes'] = {}
  datasets.forEach((dataset, index) => {
    const mine = events.filter(([of]) => of === index)
    if (mine.length === 0) return
    const sums = Object.entries(dataset.fields).flatMap(([name, field], place) => {
      if (!isSubtractable(field.kind)) return []
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
