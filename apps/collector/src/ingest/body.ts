import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { LIMITS } from '@trackable/protocol'
import type { Context } from 'hono'
import { type Refusal, refuse } from '../answer.ts'

const unzip = promisify(gunzip)
const TOO_LARGE = refuse(
  'too_large',
  `the body is larger than ${LIMITS.bodyBytes} bytes; send fewer events a batch`,
)

/**
 * The body of a request, limited by the bytes that were read, unpacked ones too. On Node it is read from the
 * request itself: the Fetch wrapping costs a quarter of the throughput of small batches.
 */
export async function readBody(c: Context): Promise<Buffer | Refusal> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json' && type !== 'text/plain') {
    return refuse(
      'unsupported',
      `the content type is ${type ?? 'missing'}; send application/json or text/plain`,
    )
  }
  const encoding = c.req.header('content-encoding')?.trim().toLowerCase()
  if (encoding !== undefined && encoding !== 'gzip' && encoding !== 'identity') {
    return refuse('unsupported', `the content encoding is ${encoding.slice(0, 40)}; send gzip or none`)
  }
  const incoming = (c.env as { incoming?: IncomingMessage } | undefined)?.incoming
  const body = incoming && !incoming.readableDidRead ? await readIncoming(incoming) : await readFetched(c)
  if (!body) return TOO_LARGE
  return encoding === 'gzip' ? unpack(body) : body
}

function readIncoming(incoming: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((settle, fail) => {
    const chunks: Buffer[] = []
    let bytes = 0
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > LIMITS.bodyBytes) settle(undefined)
      else chunks.push(chunk)
    })
    incoming.once('end', () => settle(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    incoming.once('error', fail)
    incoming.once('close', () =>
      fail(new Error('the sender closed the connection before the body was whole')),
    )
  })
}

async function readFetched(c: Context): Promise<Buffer | undefined> {
  const body = Buffer.from(await c.req.arrayBuffer())
  return body.length > LIMITS.bodyBytes ? undefined : body
}

async function unpack(body: Buffer): Promise<Buffer | Refusal> {
  try {
    return await unzip(body, { maxOutputLength: LIMITS.bodyBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return TOO_LARGE
    return refuse('malformed', 'the body says that it is gzip and cannot be unpacked')
  }
}
