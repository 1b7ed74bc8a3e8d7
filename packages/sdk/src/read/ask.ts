import type { ErrorAnswer } from '@trackable/protocol'
import { TrackerError } from '../error.ts'
import type { ReaderOptions } from './reader.ts'

// Milliseconds. An answer that comes in parts may take longer.
const TIMEOUT = 30_000

/** What a read asks: a list is repeated, and what is undefined is left out. */
export type Parameters = object

/** Asks a read of the collector for JSON. @throws TrackerError with the collector's code, or `unavailable` */
export async function ask(options: ReaderOptions, path: string, asked: Parameters = {}): Promise<any> {
  const answer = await request(options, path, asked, AbortSignal.timeout(TIMEOUT))
  return answer.json().catch((cause) => unavailable(path, cause))
}

/** Asks for an answer that comes line by line. @throws TrackerError as `ask` does, also when it breaks off */
export async function* askLines(
  options: ReaderOptions,
  path: string,
  asked: Parameters,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const { body } = await request(options, path, asked, signal)
  if (!body) return
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value = '' } = await reader.read().catch((cause) => unavailable(path, cause))
      const lines = (rest + value).split('\n')
      rest = done ? '' : (lines.pop() as string)
      yield* lines
      if (done) return
    }
  } finally {
    // Who stops reading in the middle lets the collector stop writing.
    await reader.cancel().catch(() => {})
  }
}

async function request(
  { endpoint, key }: ReaderOptions,
  path: string,
  asked: Parameters,
  signal?: AbortSignal,
): Promise<Response> {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/${path}${queryOf(asked)}`
  const headers = { authorization: `Bearer ${key}` }
  const init: RequestInit = { headers, credentials: 'omit' }
  const answer = await fetch(url, signal ? { ...init, signal } : init).catch((cause) =>
    unavailable(path, cause),
  )
  if (answer.ok) return answer
  const { code, message } = (await answer.json().catch(() => ({}))) as Partial<ErrorAnswer>
  if (code) throw new TrackerError(code, `${path}: ${message}`)
  return unavailable(path, `status ${answer.status}, and no answer of a collector`)
}

function queryOf(asked: Parameters): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(asked)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined) query.append(name, each instanceof Date ? each.toISOString() : String(each))
    }
  }
  return query.size > 0 ? `?${query}` : ''
}

function unavailable(path: string, cause: unknown): never {
  throw new TrackerError('unavailable', `${path}: ${cause instanceof Error ? cause.message : cause}`)
}
