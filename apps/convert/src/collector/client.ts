import type { Dataset } from '@trackable/dataset'
import { type BatchAnswer, type DryAnswer, outcomeOf, REQUEST_CODES } from '@trackable/protocol'
import { ConvertError } from '../error.ts'
import { bodyOf, type SealedBatch } from '../import/identity.ts'
import type { ImportSummary, KnownPage } from '../import/known-parts.ts'
import { type Later, persist } from './retry.ts'

/** A collector, as far as imports go. Every call waits and tries again while the collector cannot answer. */
export interface Collector {
  /** The definitions of its datasets. */
  datasets(): Promise<readonly Dataset[]>
  /** Every import, the newest first. */
  imports(): Promise<readonly ImportSummary[]>
  /** The newest import of a name, and its parts from a row on; undefined for one that it does not know. */
  knownParts(name: string, after: number): Promise<KnownPage | undefined>
  /** Hands a batch over: when it resolves, the batch is on the collector's disk. */
  send(batch: SealedBatch): Promise<BatchAnswer>
  /** What a batch would change; nothing is written. */
  try(batch: SealedBatch): Promise<DryAnswer>
  /** Keeps that an import came to its end. */
  end(name: string, generation: number): Promise<void>
  /**
   * Takes some parts of the newest import of a name back, from a row on; `next` is the row to go on from.
   * @param dry only says whether that is possible
   */
  undo(name: string, after: number, dry: boolean): Promise<UndonePage>
}

/** What one request took back. */
export interface UndonePage {
  events: number
  next: number | null
}

/** Where a collector is, and how long to wait for it. */
export interface CollectorOptions {
  url: string
  /** A secret key. */
  key: string
  /** For how long it may be away before the run gives up, in milliseconds; five minutes if left out. */
  patience?: number
}

const PATIENCE = 5 * 60_000
// Until it has answered once: a wrong address is more likely than a collector that starts just now.
const FIRST_PATIENCE = 10_000
const TIMEOUT = 60_000

/** Creates the client of a collector. It throws ConvertError for refusals: `refused`, or `unreachable` in the end. */
export function createCollector({ url, key, patience = PATIENCE }: CollectorOptions): Collector {
  let answered = false
  const patienceNow = () => (answered ? patience : Math.min(FIRST_PATIENCE, patience))

  async function attempt(path: string, request: RequestInit): Promise<Answer | Later> {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const address = new URL(path, url.endsWith('/') ? url : `${url}/`)
    try {
      const answer = await fetch(address, { ...request, headers, signal: AbortSignal.timeout(TIMEOUT) })
      const body = await answer.text()
      const json = parse(body)
      answered ||= json !== undefined
      return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body, json }
    } catch (error) {
      return { later: { reason: reasonOf(error as Error) } }
    }
  }

  function ask<T>(path: string, member: string, body?: object): Promise<{ value: T }> {
    const once = async (): Promise<{ value: T } | Later> => {
      const answer = await attempt(path, body ? { method: 'POST', body: JSON.stringify(body) } : {})
      return 'later' in answer ? answer : readMember<T>(answer, member)
    }
    return persist(once, patienceNow, url)
  }

  function post(batch: SealedBatch, path: string): Promise<BatchAnswer> {
    let attempts = 0
    const once = async (): Promise<BatchAnswer | Later> => {
      attempts++
      const answer = await attempt(path, { method: 'POST', body: bodyOf(batch, Date.now()) })
      return 'later' in answer ? answer : readBatchAnswer(batch.id, answer, attempts)
    }
    return persist(once, patienceNow, url)
  }

  return {
    datasets: async () => (await ask<Dataset[]>('v1/datasets', 'datasets')).value,
    async knownParts(name, after) {
      const path = `v1/imports?${new URLSearchParams({ name, after: String(after) })}`
      return (await ask<KnownPage[]>(path, 'imports')).value[0]
    },
    imports: async () => (await ask<ImportSummary[]>('v1/imports', 'imports')).value,
    async end(name, generation) {
      await ask('v1/imports/end', 'imports', { name, generation })
    },
    async undo(name, after, dry) {
      const path = dry ? 'v1/imports/undo?dry=1' : 'v1/imports/undo'
      return (await ask<UndonePage[]>(path, 'imports', { name, after })).value[0] as UndonePage
    },
    send: (batch) => post(batch, 'v1/batches'),
    try: (batch) => post(batch, 'v1/batches?dry=1') as Promise<DryAnswer>,
  }
}

interface Answer {
  status: number
  retryAfter: string | null
  body: string
  /** The body, where it is a JSON object. */
  json: Record<string, unknown> | undefined
}

function readBatchAnswer(
  id: string,
  { status, body, retryAfter }: Answer,
  attempts: number,
): BatchAnswer | Later {
  const outcome = outcomeOf(id, status, body, retryAfter, Date.now())
  if (outcome.kind === 'retry') return { later: outcome }
  if (outcome.kind !== 'settled' || !outcome.answer) {
    throw refused(outcome.kind === 'unknown' ? undefined : outcome.error)
  }
  const { duplicate, ...answer } = outcome.answer
  // After a first attempt whose answer was lost, the copy that the collector has is this run's own.
  return duplicate && attempts === 1 ? outcome.answer : answer
}

/** Reads the list that answers a question: only JSON with it is an answer of a collector. */
function readMember<T>({ status, retryAfter, json }: Answer, member: string): { value: T } | Later {
  if (status === 200 && Array.isArray(json?.[member])) return { value: json[member] as T }
  const code = json?.code
  if (status !== 429 && status !== 503 && typeof code === 'string' && Object.hasOwn(REQUEST_CODES, code)) {
    throw refused({ code, message: String(json?.message) })
  }
  const seconds = Number(retryAfter ?? Number.NaN)
  const reason = `status ${status}${json ? '' : ', and no JSON'}`
  return { later: seconds >= 0 ? { reason, after: seconds * 1000 } : { reason } }
}

function refused(error: { code: string; message: string } | undefined): ConvertError {
  return new ConvertError('refused', `the collector refuses: ${error?.code}: ${error?.message}`)
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const json = JSON.parse(body)
    return typeof json === 'object' && json !== null ? json : undefined
  } catch {
    return undefined
  }
}

function reasonOf(error: Error): string {
  const { cause } = error as { cause?: { code?: string; message?: string } }
  return cause?.code ?? cause?.message ?? error.message
}
