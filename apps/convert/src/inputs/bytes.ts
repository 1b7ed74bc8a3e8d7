import { createReadStream } from 'node:fs'
import { ConvertError } from '../error.ts'
import { readMember, ZIP_SIGNATURE } from './archive.ts'
import type { Input } from './inputs.ts'
import { PACKINGS, type Packing } from './unpack.ts'

const CHUNK = 256 * 1024

const FOREIGN: [signature: readonly number[], format: string, command: string][] = [
  [ZIP_SIGNATURE, 'zip', 'unzip -p'],
  [[0xfd, 0x37, 0x7a, 0x58], 'xz', 'xz -dc'],
]

/**
 * The bytes of an input, unpacked where its first bytes are those of gzip, bzip2 or Zstandard, whatever its name
 * ends with.
 * @param onRead hears how many bytes were read, before they are unpacked
 * @throws ConvertError where the input ends early, is damaged, or is packed by something else
 */
export async function* readBytes(input: Input, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let packing: Packing | undefined
  try {
    const chunks = counted(open(input), onRead)
    const head = await firstBytes(chunks)
    packing = PACKINGS.find(({ signature }) => beginsWith(head, signature))
    refuseForeign(head, input)
    const whole = joined(head, chunks)
    yield* packing ? packing.unpack(whole) : whole
  } catch (error) {
    if (error instanceof ConvertError) throw error
    throw new ConvertError('input', `${input.name} cannot be read: ${reasonOf(error as Error, packing)}`)
  }
}

function open({ path, member }: Input): AsyncIterable<Uint8Array> {
  if (path === undefined) return process.stdin
  return member === undefined ? createReadStream(path, { highWaterMark: CHUNK }) : readMember(path, member)
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
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
  try {
    if (head.length > 0) yield head
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

function beginsWith(head: Buffer, signature: readonly number[]): boolean {
  return signature.every((byte, index) => head[index] === byte)
}

function refuseForeign(head: Buffer, { name }: Input): void {
  const found = FOREIGN.find(([signature]) => beginsWith(head, signature))
  if (!found) return
  const [, format, command] = found
  throw new ConvertError(
    'input',
    `${name} is packed with ${format}; unpack it first: ${command} FILE | trackable-convert … -`,
  )
}

function reasonOf(error: Error, packing: Packing | undefined): string {
  if (!packing || (error as NodeJS.ErrnoException).syscall) return error.message
  const early =
    (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR' || /premature|EOF/i.test(error.message)
  const what = early ? 'ends too early' : `is damaged (${error.message})`
  return `the ${packing.name} data ${what}; fetch the file again`
}
