import { ConvertError } from '../error.ts'
import { decodeText } from '../inputs/text.ts'
import { LONGEST_ROW, type Row } from './importer.ts'
import { linesOf } from './lines.ts'

interface Reject {
  header?: string
  text: string
}

/**
 * Reads rejected rows that somebody has mended: the text of each, as if they were the whole input, one after the
 * other, below the header that they were under.
 */
export async function* readRejects(
  bytes: AsyncIterable<Uint8Array>,
  read: (bytes: AsyncIterable<Uint8Array>) => AsyncGenerator<Row[]>,
): AsyncGenerator<Row[]> {
  async function* texts(): AsyncGenerator<Uint8Array> {
    let last: string | undefined
    for await (const lines of linesOf(decodeText(bytes), LONGEST_ROW * 2)) {
      let text = ''
      for (const { text: line, line: number } of lines) {
        const { header, text: row } = rejectOf(line, number)
        if (header !== undefined && last === undefined) text += `${header}\n`
        last = header ?? ''
        text += `${row}\n`
      }
      yield Buffer.from(text)
    }
  }
  yield* read(texts())
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
