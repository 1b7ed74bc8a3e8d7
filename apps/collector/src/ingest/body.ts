import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { LIMITS } from '@trackable/protocol'
import { type Refusal, refuse } from '../answer.ts'

const unzip = promisify(gunzip)
const TOO_LARGE = refuse(
  'too_large',
  `the body is larger than ${LIMITS.bodyBytes} bytes; send fewer events a batch`,
)

const CUT_OFF = refuse('malformed', 'the connection was closed before the body was whole')

/** Why a body of that type and encoding is not taken; undefined where it is. */
export function refuseType(
  contentType: string | undefined,
  encoding: string | undefined,
): Refusal | undefined {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json' && type !== 'text/plain') {
    return refuse(
      'unsupported',
      `the content type is ${type ?? 'missing'}; send application/json or text/plain`,
    )
  }
  if (encoding === undefined || encoding === 'gzip' || encoding === 'identity') return undefined
  return refuse('unsupported', `the content encoding is ${encoding.slice(0, 40)}; send gzip or none`)
}

/** The body of a Node request, limited by the bytes that were read. */
export function readIncoming(incoming: IncomingMessage): Promise<Buffer | Refusal> {
  return new Promise((settle) => {
    const chunks: Buffer[] = []
    let bytes = 0
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      // What is left is read and let go, so that the sender gets to read the answer.
      if (bytes > LIMITS.bodyBytes) settle(TOO_LARGE)
      else chunks.push(chunk)
    })
    incoming.once('end', () => settle(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    incoming.once('error', () => settle(CUT_OFF))
    incoming.once('close', () => settle(CUT_OFF))
  })
}

/** The body of a Fetch request, limited in the same way. */
export async function readFetched(body: ReadableStream<Uint8Array> | null): Promise<Buffer | Refusal> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  const reader = body?.getReader()
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done || !value) break
    bytes += value.length
    if (bytes > LIMITS.bodyBytes) return TOO_LARGE
    chunks.push(value)
  }
  return Buffer.concat(chunks)
}

/** A body that was sent as gzip, limited by the bytes that come out of it. */
export async function unpack(body: Buffer): Promise<Buffer | Refusal> {
  try {
    return await unzip(body, { maxOutputLength: LIMITS.bodyBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return TOO_LARGE
    return refuse('malformed', 'the body says that it is gzip and cannot be unpacked')
  }
}
