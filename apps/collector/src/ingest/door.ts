import type { Dataset } from '@trackable/dataset'
import { asksForPrivacy, type HeaderOf, isPrefetch } from '@trackable/protocol'
import { type Refusal, refuse } from '../answer.ts'
import type { Key, KeyRing } from '../keys.ts'
import { type EventLog, LogError, type LoggedBatch } from '../log/event-log.ts'
import type { Secret } from '../secret.ts'
import { clientAddress } from './address.ts'
import { type Admission, createAdmission } from './admission.ts'
import type { Judges, RequestFacts, TurnedAway } from './decide.ts'
import { createEventReader } from './events.ts'
import { createGrantReader, type GrantReader } from './grant.ts'
import { createRateLimit } from './rate.ts'
import { createVisitorAdder, type Visitors } from './visitors.ts'

/** Told of an event that is not to be counted, and by which rule where it is a machine's. */
export type OnTurnedAway = (dataset: unknown, code: TurnedAway['code'], rule?: string) => void

/** What ingest needs: it sees the log, and never the database. */
export interface DoorOptions {
  log: EventLog
  keys: KeyRing
  datasets: readonly Dataset[]
  judge: Judges['judge']
  secret: Secret
  visitors: Visitors
  /** Told of each event that is not to be counted, once that stands. */
  onTurnedAway?: OnTurnedAway
  /** How much may be under way at once. */
  admission?: Admission
  /** How long a batch may be under way, in milliseconds. */
  dedupWindowMs: number
  /** Events a second of one public key and address; null for no limit. */
  rateLimit?: number | null
  /** How many proxies a request passes, whose `X-Forwarded-For` is true. */
  trustProxy?: number
  now(): number
  /** The log takes nothing more: the process must end. */
  onFatal(error: Error): void
}

/** What a request shows, however it came. */
export interface Request {
  header: HeaderOf
  /** The address at the other end of the connection. */
  peer: string | undefined
}

/** What every way in shares: who may come in, how much, and where it is written. */
export interface Door {
  keys: KeyRing
  datasets: readonly Dataset[]
  admission: Admission
  judges: Judges
  readGrant: GrantReader
  dedupWindowMs: number
  now(): number
  factsOf(request: Request, arrival: number): RequestFacts
  /** Why events of any kind cannot be decided yet. */
  refuseEarly(): Refusal | undefined
  /** Why a key may not send so many events from there now. */
  refuseRate(key: Key, request: Request, events: number): Refusal | undefined
  /** Writes a batch; resolves once it is on disk, or with why it may not be. */
  keep(logged: LoggedBatch): Promise<Refusal | undefined>
  /** Tells whom a decision turned away. Only once nobody will send the same again: what is refused comes back. */
  tell(turnedAway: readonly TurnedAway[]): void
}

/** Creates the door of a collector. */
export function createDoor(options: DoorOptions): Door {
  const { log, keys, datasets, now, dedupWindowMs, trustProxy = 0 } = options
  const limit = createRateLimit(options.rateLimit ?? null)
  const hashes = datasets.some(({ fields }) => Object.values(fields).some(({ kind }) => kind === 'unique'))
  const addressOf = ({ peer, header }: Request) => clientAddress(peer, header('x-forwarded-for'), trustProxy)
  return {
    keys,
    datasets,
    dedupWindowMs,
    now,
    admission: options.admission ?? createAdmission(),
    readGrant: createGrantReader(keys, datasets),
    judges: {
      readEvent: createEventReader(datasets, options.secret.hash),
      addVisitor: createVisitorAdder(datasets, options.visitors),
      judge: options.judge,
      windowMs: dedupWindowMs,
    },
    factsOf: (request, arrival) => ({
      arrival,
      userAgent: request.header('user-agent'),
      address: addressOf(request),
      prefetch: isPrefetch(request.header),
      // Whoever says so is not told apart from others.
      private: asksForPrivacy(request.header),
    }),
    refuseEarly: () =>
      hashes && !options.secret.isLoaded()
        ? refuse('unavailable', "the installation's secret is not loaded yet; send the batch again")
        : undefined,
    refuseRate(key, request, events) {
      // A server with a secret key speaks for all of its visitors.
      if (key.kind === 'secret') return undefined
      const retryAfter = limit.take(key.id, addressOf(request), events, now())
      if (retryAfter === undefined) return undefined
      return { ...refuse('rate_limited', 'more events than this key and address may send now'), retryAfter }
    },
    async keep(logged) {
      try {
        await log.append(logged)
        return undefined
      } catch (error) {
        if (!(error instanceof LogError)) throw error
        if (error.fatal) options.onFatal(error)
        return refuse('unavailable', `${error.message}; send it again`)
      }
    },
    tell(turnedAway) {
      for (const { dataset, code, rule } of turnedAway) options.onTurnedAway?.(dataset, code, rule)
    },
  }
}
