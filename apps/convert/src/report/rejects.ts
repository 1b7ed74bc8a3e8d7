import { closeSync, openSync, writeSync } from 'node:fs'
import { isDatabase } from '../databases/address.ts'
import { ConvertError } from '../error.ts'
import type { Origin } from '../import/batches.ts'
import { REJECTS_ENDING } from '../inputs/inputs.ts'

/** Where rows go that did not become events, with the reason. */
export interface Rejects {
  /** Keeps a row; the file appears with the first one. */
  add(origin: Origin, code: string, reason: string): void
  /** Writes what waits, and gives the files that were written. */
  close(): string[]
}

interface OpenFile {
  descriptor: number
  waiting: string
}

const BUFFER = 64 * 1024
const AGAIN = '.again'

/** Writes rejects as NDJSON into one file, or, where none is named, into one beside each input. */
export function createRejects(file: string | undefined): Rejects {
  const files = new Map<string, OpenFile>()
  function flush(open: OpenFile): void {
    writeSync(open.descriptor, open.waiting)
    open.waiting = ''
  }
  return {
    add({ table, line, text }, code, reason) {
      const { name: input, header } = table
      const path = file ?? `${fileOf(input)}${REJECTS_ENDING}`
      const open = files.get(path) ?? openFile(path)
      files.set(path, open)
      open.waiting += `${JSON.stringify({ input, line, code, reason, text, header })}\n`
      if (open.waiting.length > BUFFER) flush(open)
    },
    close() {
      for (const open of files.values()) {
        flush(open)
        closeSync(open.descriptor)
      }
      return [...files.keys()]
    },
  }
}

/** Beside the input; in the working directory where it is no file. What was mended must not be written over. */
function fileOf(input: string): string {
  if (input === 'standard input') return 'stdin'
  const place = isDatabase(input) ? input.replace(/[^\w.-]+/g, '-') : input
  return place.endsWith(REJECTS_ENDING) ? place.slice(0, -REJECTS_ENDING.length) + AGAIN : place
}

/** Takes rejects and writes nothing, for runs that only look. */
export const NO_REJECTS: Rejects = { add() {}, close: () => [] }

function openFile(path: string): OpenFile {
  try {
    return { descriptor: openSync(path, 'w'), waiting: '' }
  } catch (error) {
    throw new ConvertError(
      'input',
      `rejected rows cannot be written to ${path} (${(error as Error).message}); name another file with --rejects`,
    )
  }
}
