import type { BatchAnswer, DropCode, RejectCode } from '@trackable/protocol'
import type { Verdict } from '../bots/filter.ts'
import type { Key } from '../keys.ts'
import type { LoggedBatch, LoggedEvent } from '../log/event-log.ts'
import type { Envelope } from './batch.ts'
import type { EventReader, Sender } from './events.ts'
import type { Granted } from './grant.ts'
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
  judge(visitor: { userAgent: string | undefined; webdriver?: boolean }): Verdict
  /** Adds to an event whom it counts as a visitor, where its dataset asks for that. */
  addVisitor(event: LoggedEvent, facts: VisitorFacts, arrival: number): void
  /** How far back a public key may go, in milliseconds. */
  windowMs: number
}

/** An event that is not to be counted, and by which rule where it is a machine's. */
export interface TurnedAway {
  dataset: unknown
  code: DropCode | RejectCode
  rule?: string | undefined
}

/** What was decided: what the log keeps, what the sender is told, and whom it turns away. */
export interface Decision {
  logged: LoggedBatch
  answer: BatchAnswer
  turnedAway: TurnedAway[]
}

const SKEW = 60_000

/**
 * Decides everything that depends on the moment of arrival (times, verdicts, policy), once: what goes to the log,
 * and what the sender is told. The fold reads no clock, no list and no key.
 */
export function decideBatch(
  envelope: Envelope,
  key: Key,
  granted: Granted | undefined,
  facts: RequestFacts,
  judges: Judges,
): Decision {
  const { id, events } = envelope
  const sender = { ...senderOf(envelope, key, facts, judges.windowMs), granted }
  const answer: BatchAnswer = { id, accepted: 0, dropped: [], rejected: [] }
  const logged: LoggedBatch = { id, arrival: facts.arrival, received: events.length, events: [] }
  const turnedAway: TurnedAway[] = []
  if (envelope.import) logged.import = envelope.import
  const whole = dropWhole(envelope, key, facts, judges)
  events.forEach((event, index) => {
    const { dataset } = (event ?? {}) as { dataset?: unknown }
    const read = judges.readEvent(event, sender)
    if ('code' in read) {
      answer.rejected.push({ index, ...read })
      turnedAway.push({ dataset, code: read.code })
      return
    }
    const drop = whole ?? dropEvent(event, key, judges)
    if (drop) {
      answer.dropped.push({ index, code: drop.code })
      turnedAway.push({ dataset, ...drop })
      return
    }
    if (!facts.private) judges.addVisitor(read, visitorOf(event, key, facts), facts.arrival)
    logged.events.push(read)
  })
  answer.accepted = logged.events.length
  if (answer.dropped.length > 0) logged.dropped = countByCode<DropCode>(answer.dropped)
  if (answer.rejected.length > 0) logged.rejected = countByCode<RejectCode>(answer.rejected)
  return { logged, answer, turnedAway }
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

interface Drop {
  code: DropCode
  rule?: string
}

/** A public key's request is judged by its own agent; a server with a secret key passes its visitors' on. */
function dropWhole(envelope: Envelope, key: Key, facts: RequestFacts, judges: Judges): Drop | undefined {
  if (key.kind === 'secret') return undefined
  if (facts.prefetch) return { code: 'prefetch' }
  const { userAgent } = facts
  return botDrop(judges.judge({ userAgent, webdriver: envelope.webdriver }))
}

function dropEvent(event: unknown, key: Key, judges: Judges): Drop | undefined {
  const { userAgent } = event as { userAgent?: unknown }
  return key.kind === 'secret' && typeof userAgent === 'string'
    ? botDrop(judges.judge({ userAgent }))
    : undefined
}

function botDrop({ bot, rule }: Verdict): Drop | undefined {
  return bot ? { code: 'bot', rule } : undefined
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
