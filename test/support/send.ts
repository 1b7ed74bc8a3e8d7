import { uuidv7 } from '@trackable/protocol'

/** A browser's user agent: without one that is a person's, events are dropped as a bot's. */
export const PERSON = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/** A batch id of that time. */
export function batchId(now = Date.now()): string {
  return uuidv7(now, crypto.getRandomValues(new Uint8Array(10)))
}

/** A sound batch around these events. */
export function batchOf(key: string, events: unknown[], more: object = {}) {
  return { v: 1, id: batchId(), key, sentAt: new Date().toISOString(), events, ...more }
}

/** What a request came to. */
export interface Answer {
  status: number
  headers: Headers
  body: any
}

/** Posts a batch, or a raw body, as a browser does. */
export async function send(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
  query = '',
): Promise<Answer> {
  const raw = typeof body === 'string' || body instanceof Uint8Array
  const answer = await fetch(`${url}/v1/batches${query}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', 'user-agent': PERSON, ...headers },
    body: raw ? (body as string) : JSON.stringify(body),
  })
  return { status: answer.status, headers: answer.headers, body: await answer.json() }
}

/** Reads with a key in the header. */
export async function read(url: string, key: string, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${key}`, ...headers } })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : undefined }
}
