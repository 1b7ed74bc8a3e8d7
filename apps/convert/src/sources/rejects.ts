import { ConvertError } from '../error.ts'
import { decodeText } from '../inputs/text.ts'
import { LONGEST_ROW, type Row } from './importer.ts'
import { linesOf } from './lines.ts'

interface Reject {
  header?: string
  text: string
}

/** Rejected rows that came together under one header. */
interface Run {
  header: string | undefined
  text: string
}

/**
 * Reads rejected rows that somebody has mended: the text of each, as if they were the whole input, one after the
 * other, below the header that they were under. Where another header begins, reading begins anew.
 */
export async function* readRejects(
  bytes: AsyncIterable<Uint8Array>,
  read: (bytes: AsyncIterable<Uint8Array>) => AsyncGenerator<Row[]>,
): AsyncGenerator<Row[]> {
  const runs = runsOf(bytes)
  try {
    let next = await runs.next()
    async function* under(header: string | undefined): AsyncGenerator<Uint8Array> {
      if (header !== undefined) yield Buffer.from(`${header}\n`)
      while (!next.done && next.value.header === header) {
        yield Buffer.from(next.value.text)
        next = await runs.next()
      }
    }
    while (!next.done) yield* read(under(next.value.header))
  } finally {
    await runs.return(undefined)
  }
}

async function* runsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Run, void> {
  for await (const lines of linesOf(decodeText(bytes), LONGEST_ROW * 2)) {
    let run: Run | undefined
    for (const { text: line, line: number } of lines) {
      const { header, text } = rejectOf(line, number)
      if (run && run.header !== header) yield run
      run = run?.header === header && run ? run : { header, text: '' }
      run.text += `${text}\n`
    }
    if (run) yield run
  }
}

function rejectOf(line: string, number: number): Reject {
  try {
    const reject = JSON.parse(line) as Reject
    if (typeof reject?.text === 'string') return reject
  } catch {
    // Told below, like a line without a text.
  }
  throw new ConvertError('input', `line ${number} is no rejected row; expected { "text", … }, one a line`)
}
