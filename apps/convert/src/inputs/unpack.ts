import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** A way in which inputs are packed, told by their first bytes. */
export interface Packing {
  name: string
  signature: readonly number[]
  unpack(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>
}

const CHUNK = 256 * 1024
// What is fed at once to what unpacks synchronously: its output waits in memory, and packed zeros grow a lot.
const PIECE = 4 * 1024

/** Every packing that is one stream; archives of several files are `archive.ts`. */
export const PACKINGS: readonly Packing[] = [
  { name: 'gzip', signature: [0x1f, 0x8b], unpack: gunzip },
  { name: 'bzip2', signature: [0x42, 0x5a, 0x68], unpack: bunzip2 },
  { name: 'Zstandard', signature: [0x28, 0xb5, 0x2f, 0xfd], unpack: unzstd },
]

async function* gunzip(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGunzip({ chunkSize: CHUNK })
  // The reader of the stream hears of errors; without a listener here they would end the process.
  pipeline(Readable.from(packed, { objectMode: false }), stream, () => {})
  yield* stream
}

async function* bunzip2(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { default: createStream } = await import('unbzip2-stream')
  const stream = createStream()
  const out: Uint8Array[] = []
  let failure: Error | undefined
  stream.on('data', (data: Uint8Array) => out.push(data))
  stream.on('error', (error: unknown) => {
    failure ??= error instanceof Error ? error : new Error(String(error))
  })
  function taken(): Uint8Array[] {
    if (failure) throw failure
    return out.splice(0)
  }
  for await (const piece of piecesOf(packed)) {
    stream.write(piece)
    yield* taken()
  }
  stream.end()
  yield* taken()
}

async function* unzstd(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd')
  const out: Uint8Array[] = []
  const stream = new Decompress((data) => out.push(data))
  for await (const piece of piecesOf(packed)) {
    stream.push(piece)
    yield* out.splice(0)
  }
  stream.push(new Uint8Array(0), true)
  yield* out.splice(0)
}

async function* piecesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    const whole = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    for (let at = 0; at < whole.length; at += PIECE) yield whole.subarray(at, at + PIECE)
  }
}
