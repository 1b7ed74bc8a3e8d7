import { closeSync, openSync, readSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import type { Entry, ZipFile } from 'yauzl'
import { ConvertError } from '../error.ts'

/** A file inside a zip archive. */
export interface Member {
  name: string
  /** Bytes, unpacked. */
  size: number
}

/** The first bytes of a zip archive. */
export const ZIP_SIGNATURE = [0x50, 0x4b, 0x03, 0x04] as const

/** Whether a file is a zip archive, by its first bytes. */
export function isArchive(path: string): boolean {
  const head = Buffer.alloc(ZIP_SIGNATURE.length)
  const file = openSync(path, 'r')
  try {
    return readSync(file, head, 0, head.length, 0) === head.length && head.equals(Buffer.from(ZIP_SIGNATURE))
  } finally {
    closeSync(file)
  }
}

/** The files of an archive, in order of name; folders and what macOS adds are left out. */
export async function membersOf(path: string): Promise<Member[]> {
  const members: Member[] = []
  await walk(path, async (entry) => {
    const { fileName: name, uncompressedSize: size } = entry
    if (!name.endsWith('/') && !name.startsWith('__MACOSX/')) members.push({ name, size })
    return false
  })
  return members.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The bytes of one file of an archive. */
export async function* readMember(path: string, name: string): AsyncGenerator<Uint8Array> {
  let stream: Readable | undefined
  const zip = await walk(path, async (entry, file) => {
    if (entry.fileName !== name) return false
    stream = await promisify(file.openReadStream.bind(file) as OpenReadStream)(entry)
    return true
  })
  try {
    if (stream) yield* stream
  } finally {
    stream?.destroy()
    zip.close()
  }
}

type OpenReadStream = (entry: Entry, done: (error: Error | null, stream: Readable) => void) => void

/** Visits the entries until one is taken; what is visited to the end is closed. */
async function walk(path: string, visit: (entry: Entry, zip: ZipFile) => Promise<boolean>): Promise<ZipFile> {
  const { open } = await import('yauzl').then((module) => module.default ?? module)
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    open(path, { lazyEntries: true, autoClose: false }, (error, file) =>
      error ? reject(unreadable(path, error)) : resolve(file),
    )
  })
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(unreadable(path, error))
    zip.on('error', fail)
    zip.on('entry', (entry: Entry) => {
      visit(entry, zip).then((taken) => (taken ? resolve(zip) : zip.readEntry()), fail)
    })
    zip.on('end', () => {
      zip.close()
      resolve(zip)
    })
    zip.readEntry()
  })
}

function unreadable(path: string, error: Error): ConvertError {
  return new ConvertError('input', `${path} cannot be read as a zip archive: ${error.message}`)
}
