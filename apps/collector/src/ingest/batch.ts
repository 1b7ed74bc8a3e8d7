import { type ImportPart, LIMITS, uuidTime, uuidVersion, type WireBatch } from '@trackable/protocol'
import { type Refusal, refuse } from '../answer.ts'
import { parseTime } from './time.ts'

const DAY = 86_400_000
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A batch whose envelope is sound; its events are unknown yet. */
export interface Envelope {
  id: string
  key: unknown
  grant: unknown
  /** The sender's clock at this attempt; arrival where it says nothing. */
  sentAt: number
  import: ImportPart | undefined
  /** Whether the browser says that a program drives it. */
  webdriver: boolean
  events: unknown[]
}

/** Reads a body as a batch, or says why it is none. */
export function parseBatch(body: Buffer, arrival: number): Envelope | Refusal {
  let json: Partial<Record<keyof WireBatch, unknown>>
  try {
    json = JSON.parse(utf8.decode(body))
  } catch (error) {
    return refuse('malformed', `the body is no JSON: ${(error as Error).message}`)
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refuse('malformed', 'the body is no object; expected { v, id, key, sentAt, events }')
  }
  if (tooDeep(json)) return refuse('malformed', `the body is nested deeper than ${LIMITS.depth} levels`)
  if (json.v !== 1) return refuse('malformed', `v is ${show(json.v)}; this collector speaks version 1`)
  const sentAt = json.sentAt === undefined ? arrival : parseTime(json.sentAt)
  if (sentAt === undefined)
    return refuse('malformed', `sentAt is ${show(json.sentAt)}; expected an ISO 8601 time`)
  const { id, events } = json
  const part = json.import === undefined ? undefined : parsePart(json.import)
  if (part !== undefined && 'code' in part) return part
  const version = part ? 8 : 7
  if (uuidVersion(id) !== version) return refuse('malformed', `id is ${show(id)}; expected a UUIDv${version}`)
  if (!Array.isArray(events)) return refuse('malformed', `events is ${show(events)}; expected an array`)
  if (events.length > LIMITS.events) {
    return refuse('too_large', `${events.length} events; a batch holds at most ${LIMITS.events}`)
  }
  return {
    id: (id as string).toLowerCase(),
    key: json.key,
    grant: json.grant,
    sentAt,
    import: part,
    webdriver: json.webdriver === true,
    events,
  }
}

/**
 * Why a batch is too old: its last attempt minus its opening, the sender's clock in both. Past the window its id may
 * have left the ledger, so that it could count twice.
 */
export function refuseExpired({ id, sentAt, import: part }: Envelope, windowMs: number): Refusal | undefined {
  const age = sentAt - uuidTime(id)
  if (part || (age <= windowMs && age >= -DAY)) return undefined
  const days = (Math.abs(age) / DAY).toFixed(1)
  return refuse(
    'expired',
    age < 0
      ? `the batch was opened ${days} days after it was sent; set the sender's clock`
      : `the batch was opened ${days} days before it was sent, and may have counted; at most ${windowMs / DAY} are taken`,
  )
}

function parsePart(value: unknown): ImportPart | Refusal {
  const { name, generation, from, to } = (value ?? {}) as Partial<Record<keyof ImportPart, unknown>>
  const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0
  const isName = typeof name === 'string' && name.length > 0 && name.length <= 200 && !name.includes('\u0000')
  // An odd generation takes the even one before it back, and comes from no wire. Tested in batch.test.ts.
  const isOf = isCount(generation) && generation % 2 === 0
  if (isName && name.isWellFormed() && isOf && isCount(from) && isCount(to) && to > from) {
    return { name, generation, from, to }
  }
  return refuse(
    'malformed',
    `import is ${show(value)}; expected { name, generation, from, to } with an even generation and to past from`,
  )
}

function tooDeep(json: object): boolean {
  let level: object[] = [json]
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > LIMITS.depth) return true
    const next: object[] = []
    for (const value of level) {
      for (const inner of Object.values(value))
        if (typeof inner === 'object' && inner !== null) next.push(inner)
    }
    level = next
  }
  return false
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 60) ?? 'missing'
}
