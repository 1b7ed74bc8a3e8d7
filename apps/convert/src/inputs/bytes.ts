import { createReadStream } from 'node:fs'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ConvertError } from '../error.ts'
import type { Input } from './inputs.ts'

const CHUNK = 256 * 1024

const FOREIGN: [signature: number[], format: string, command: string][] = [
  [[0x42, 0x5a, 0x68], 'bzip2', 'bzip2 -dc'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'Zstandard', 'zstd -dc'],
  [[0x50, 0x4b, 0x03, 0x04], 'zip', 'unzip -p'],
  [[0xfd, 0x37, 0x7a, 0x58], 'xz', 'xz -dc'],
]

/**
 * The bytes of an input, unpacked where its first bytes are those of gzip, whatever its name ends with.
 * @param onRead hears how many bytes were read, before they are unpacked
 * @throws ConvertError where the input ends early, is damaged, or is packed by something else
 */
export async function* readBytes(input: Input, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const source: Readable = input.path ? createReadStream(input.path, { highWaterMark: CHUNK }) : process.stdin
  try {
    const chunks = counted(source, onRead)
    const head = await firstBytes(chunks)
    const whole = joined(head, chunks)
    refuseForeign(head, input)
    yield* isGzip(head) ? unpacked(whole) : whole
  } catch (error) {
    if (error instanceof ConvertError) throw error
    throw new ConvertError(
      'input',
      `${input.name} cannot be read: ${reasonOf(error as NodeJS.ErrnoException)}`,
    )
  } finally {
    source.destroy()
  }
}

async function* counted(source: Readable, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    onRead(chunk.length)
    yield chunk
  }
}

/** Enough bytes to tell the format by, and those that came with them. */
async function firstBytes(chunks: AsyncGenerator<Uint8Array>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < 4) {
    const { value, done } = await chunks.next()
    if (done) break
    head = Buffer.concat([head, value])
  }
  return head
}

async function* joined(head: Buffer, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head
  yield* rest
}

async function* unpacked(packed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: CHUNK })
  // The reader of `gunzip` hears of errors; without a listener here they would end the process.
  pipeline(Readable.from(packed, { objectMode: false }), gunzip, () => {})
  yield* gunzip
}

function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b
}

function refuseForeign(head: Buffer, { name }: Input): void {
  const found = FOREIGN.find(([signature]) => signature.every((byte, index) => head[index] === byte))
  if (!found) return
  const [, format, command] = found
  throw new ConvertError(
    'input',
    `${name} is packed with ${format}; unpack it first: ${command} ${name} | trackable-convert … -`,
  )
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'Z_BUF_ERROR') return 'the gzip data ends too early; fetch the file again'
  return code?.startsWith('Z_') ? `the gzip data is damaged (${message}); fetch the file again` : message
}
