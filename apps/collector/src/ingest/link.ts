import { isSubtractable } from '@trackable/dataset/fold'
import { uuidv7 } from '@trackable/protocol'
import type { Context } from 'hono'
import type { Refusal } from '../answer.ts'
import type { Key } from '../keys.ts'
import { keyInQuery } from '../presented-key.ts'
import { type Decision, decideBatch } from './decide.ts'
import type { Door, Request } from './door.ts'
import type { Rejection } from './events.ts'

/** What a link counts. */
export interface Counted {
  dataset: string
  parent: string
  field: string
}

/** The connection that a Hono context stands on, where it is Node's. */
interface NodeBindings {
  incoming?: { socket?: { remoteAddress?: string } }
}

/** What a Hono context shows of its request. */
export function requestOf(c: Context): Request {
  const { incoming } = (c.env ?? {}) as NodeBindings
  return { header: (name) => c.req.header(name), peer: incoming?.socket?.remoteAddress }
}

/** What the path of a link names. */
export function countedBy(c: Context): Counted {
  return {
    dataset: c.req.param('dataset') ?? '',
    parent: c.req.param('parent') ?? '',
    field: c.req.param('field') ?? '',
  }
}

/** The write key in a link. */
export function linkKey(door: Door, c: Context): Key | Refusal {
  return keyInQuery(door.keys, c.req.queries('key'))
}

/** A query parameter that is there once; undefined otherwise, so that nobody can read another one than we do. */
export function onlyQuery(c: Context, name: string): string | undefined {
  const all = c.req.queries(name)
  return all?.length === 1 ? all[0] : undefined
}

/** One increment as a batch of its own, decided as any other. Its id is ours: each request counts. */
export function decideLink(
  door: Door,
  key: Key,
  request: Request,
  { dataset, parent, field }: Counted,
): Decision | Rejection {
  const kind = door.datasets.find(({ name }) => name === dataset)?.fields[field]?.kind
  if (kind !== undefined && !isSubtractable(kind)) {
    return {
      code: 'invalid_value',
      message: `field "${field}" is a ${kind}; a link adds 1 to a counter or a sum`,
    }
  }
  const arrival = door.now()
  const id = uuidv7(arrival, crypto.getRandomValues(new Uint8Array(10)))
  const event = { dataset, parent, fields: { [field]: 1 } }
  const envelope = {
    id,
    key: '',
    grant: undefined,
    sentAt: arrival,
    import: undefined,
    webdriver: false,
    events: [event],
  }
  const decision = decideBatch(envelope, key, undefined, door.factsOf(request, arrival), door.judges)
  const [rejected] = decision.answer.rejected
  // Not to be written, so that it stands now.
  if (rejected) door.tell(decision.turnedAway)
  return rejected ?? decision
}

/** Writes what a link was decided to count; gives why it may not be. */
export async function keepLink(door: Door, { logged, turnedAway }: Decision): Promise<Refusal | undefined> {
  const refused = await door.keep(logged)
  if (!refused) door.tell(turnedAway)
  return refused
}
