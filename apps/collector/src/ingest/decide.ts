import type { BatchAnswer, DropCode, RejectCode } from '@trackable/protocol'
import type { Key } from '../keys.ts'
import type { LoggedBatch, LoggedEvent } from '../log/event-log.ts'
import type { Envelope } from './batch.ts'
import type { EventReader, Sender } from './events.ts'
import type { VisitorFacts } from './visitors.ts'

/** What is known about the request beside its body. */
export interface RequestFacts {
  arrival: number
  userAgent: string | undefined
  /** The sender's address; undefined where it is not known. */
  address: string | undefined
  prefetch: boolean
  /** True under Sec-GPC or DNT. */
  private: boolean
}

/** The parts that a decision asks. */
export interface Judges {
  readEvent: EventReader
  isBot(visitor: { userAgent: string | undefined }): boolean
  /** Adds to an event whom it counts as a visitor, where its dataset asks for that. */
  addVisitor(event: LoggedEvent, facts: VisitorFacts, arrival: number): void
  /** How far back a public key may go, in milliseconds. */
  windowMs: number
}

const SKEW = 60_000

/**
 * Decides everything that depends on the moment of arrival (times, verdicts, policy), once: what goes to the log,
 * and what the sender is told. The fold reads no clock, no list and no key.
 */
export function decideBatch(
  envelope: Envelope,
  key: Key,
  facts: RequestFacts,
  judges: Judges,
): { logged: LoggedBatch; answer: BatchAnswer } {
  const { id, events } = envelope
  const sender = senderOf(envelope, key, facts, judges.windowMs)
  const answer: BatchAnswer = { id, accepted: 0, dropped: [], rejected: [] }
  const logged: LoggedBatch = { id, arrival: facts.arrival, received: events.length, events: [] }
  if (envelope.import) logged.import = envelope.import
  const whole = dropWhole(key, facts, judges)
  events.forEach((event, index) => {
    const read = judges.readEvent(event, sender)
    if ('code' in read) {
      answer.rejected.push({ index, ...read })
      return
    }
    const drop = whole ?? (isBotEvent(event, key, judges) ? 'bot' : undefined)
    if (drop) {
      answer.dropped.push({ index, code: drop })
      return
    }
    if (!facts.private) judges.addVisitor(read, visitorOf(event, key, facts), facts.arrival)
    logged.events.push(read)
  })
  answer.accepted = logged.events.length
  if (answer.dropped.length > 0) logged.dropped = countByCode<DropCode>(answer.dropped)
  if (answer.rejected.length > 0) logged.rejected = countByCode<RejectCode>(answer.rejected)
  return { logged, answer }
}

function senderOf({ sentAt }: Envelope, key: Key, facts: RequestFacts, windowMs: number): Sender {
  const { arrival } = facts
  const ahead = arrival - sentAt
  return {
    secret: key.kind === 'secret',
    datasets: key.datasets,
    arrival,
    shift: key.kind === 'write' && Math.abs(ahead) > SKEW ? ahead : 0,
    oldest: arrival - windowMs,
    private: facts.private,
  }
}

/** A public key's request is judged by its own agent; a server with a secret key passes its visitors' on. */
function dropWhole(key: Key, facts: RequestFacts, judges: Judges): DropCode | undefined {
  if (key.kind === 'secret') return undefined
  if (facts.prefetch) return 'prefetch'
  return judges.isBot({ userAgent: facts.userAgent }) ? 'bot' : undefined
}

function isBotEvent(event: unknown, key: Key, judges: Judges): boolean {
  const { userAgent } = event as { userAgent?: unknown }
  return key.kind === 'secret' && typeof userAgent === 'string' && judges.isBot({ userAgent })
}

/** A page sends for itself; a server with a secret key says for whom. */
function visitorOf(event: unknown, key: Key, { address, userAgent }: RequestFacts): VisitorFacts {
  if (key.kind === 'write') return { address, userAgent }
  const said = event as { address?: unknown; userAgent?: unknown }
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  return { address: text(said.address), userAgent: text(said.userAgent) }
}

function countByCode<Code extends string>(list: { code: Code }[]): Partial<Record<Code, number>> {
  const counts: Partial<Record<Code, number>> = {}
  for (const { code } of list) counts[code] = (counts[code] ?? 0) + 1
  return counts
}
