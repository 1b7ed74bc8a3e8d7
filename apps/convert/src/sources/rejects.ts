import { decodeText } from '../inputs/text.ts'
import { LONGEST_ROW, type Row } from './importer.ts'
import { linesOf } from './lines.ts'

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
      for (const { text: line } of lines) {
        const { header, text: row } = JSON.parse(line) as { header?: string; text: string }
        if (header !== undefined && last === undefined) text += `${header}\n`
        last = header ?? ''
        text += `${row}\n`
      }
      yield Buffer.from(text)
    }
  }
  yield* read(texts())
}
