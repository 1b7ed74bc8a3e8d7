import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { uuidv7 } from '@trackable/protocol'

/** A load: the same batch again and again, each time with an id of its own. */
export interface Load {
  port: number
  /** Sockets that each send one request after another. */
  connections: number
  eventsPerBatch: number
  seconds: number
  key: string
  /** The parents of the events: drawn from these, in order. */
  parents: readonly string[]
}

/** What came back. */
export interface LoadResult {
  accepted: number
  refused: number
  seconds: number
}

const REQUESTS = 20
const ID = '00000000-0000-7000-8000-000000000000'

/**
 * Sends batches over plain sockets for a while. Not a full HTTP client: requests are prepared bytes, and an answer
 * is read up to its length, so that on two cores the generator takes as little as it can from what it measures.
 */
export async function generate(load: Load): Promise<LoadResult> {
  const result: LoadResult = { accepted: 0, refused: 0, seconds: 0 }
  const start = performance.now()
  const end = start + load.seconds * 1000
  await Promise.all(Array.from({ length: load.connections }, (_, i) => sendOn(load, i, end, result)))
  result.seconds = (performance.now() - start) / 1000
  return result
}

/**
 * Parents drawn from `count` of them as readers draw articles: the second is read half as often as the first, the
 * third a third as often (Zipf's law), so that a few rows are hot. The same list each time.
 */
export function popularParents(count: number, draws = 50_000): string[] {
  const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let state = 1
  const random = () => {
    // Lehmer's generator: enough to draw from, and the same everywhere.
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  return Array.from({ length: draws }, () => {
    let left = random() * total
    const rank = weights.findIndex((weight) => {
      left -= weight
      return left < 0
    })
    return `p${Math.max(0, rank)}`
  })
}

function sendOn(load: Load, index: number, end: number, result: LoadResult): Promise<void> {
  // A few different ones, so that single events are of many parents too.
  const requests = Array.from({ length: REQUESTS }, (_, i) => requestOf(load, index * REQUESTS + i))
  const idAt = requests[0]?.indexOf(ID) ?? 0
  const answer = { buffer: Buffer.allocUnsafe(64 * 1024), length: 0 }
  let sent = 0
  return new Promise((settle, fail) => {
    const send = () => {
      const request = requests[sent++ % REQUESTS] as Buffer
      request.write(uuidv7(Date.now(), seeds.next()), idAt, 'latin1')
      socket.write(request)
    }
    // Read into one buffer of our own: a stream's copies would cost the generator as much as the request itself.
    const callback = (bytes: number, chunk: Uint8Array) => {
      answer.buffer.set(chunk.subarray(0, bytes), answer.length)
      answer.length += bytes
      const text = answer.buffer.toString('latin1', 0, answer.length)
      if (!isWhole(text)) return true
      if (text.startsWith('HTTP/1.1 20')) result.accepted += load.eventsPerBatch
      else result.refused += load.eventsPerBatch
      answer.length = 0
      if (performance.now() < end) send()
      else socket.end(() => settle())
      return true
    }
    const onread = { buffer: Buffer.allocUnsafe(64 * 1024), callback }
    const socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true, onread })
    socket.once('connect', send).once('error', fail)
  })
}

/** Random bytes for ids, drawn many at a time. */
const seeds = {
  bytes: randomBytes(0),
  next(): Uint8Array {
    if (this.bytes.length < 10) this.bytes = randomBytes(10_240)
    const some = this.bytes.subarray(0, 10)
    this.bytes = this.bytes.subarray(10)
    return some
  },
}

function requestOf({ eventsPerBatch, key, parents }: Load, index: number): Buffer {
  const events = Array.from({ length: eventsPerBatch }, (_, i) => ({
    dataset: 'product',
    parent: parents[(index * 7919 + i) % parents.length],
    at: new Date().toISOString(),
    fields: { orders: 1 },
  }))
  const body = JSON.stringify({ v: 1, id: ID, key, sentAt: new Date().toISOString(), events })
  const head = [
    'POST /v1/batches HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: text/plain',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

const LENGTH = /content-length: (\d+)/i

function isWhole(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n')
  if (head === -1) return false
  const length = LENGTH.exec(answer)?.[1]
  if (length !== undefined) return answer.length >= head + 4 + Number(length)
  return answer.endsWith('0\r\n\r\n')
}
