import { LONGEST_ROW } from './importer.ts'
import type { Line } from './lines.ts'

const QUOTE = 34
const BACKSLASH = 92
const OPEN = [123, 91]
const CLOSE = [125, 93]

/**
 * The values of a JSON text, in groups, each as its text with the line on which it begins: the elements of the one
 * array that the text is, or values that follow one another. What stands between values is passed over.
 */
export async function* jsonValuesOf(pieces: AsyncIterable<string>): AsyncGenerator<Line[]> {
  const splitter = createSplitter()
  for await (const piece of pieces) {
    const found = splitter.take(piece)
    if (found.length > 0) yield found
  }
  const found = splitter.end()
  if (found.length > 0) yield found
}

function createSplitter() {
  let line = 1
  let depth = 0
  /** The depth at which values stand: 1 inside the array that the text is. */
  let base: number | undefined
  let inText = false
  let escaped = false
  let value = ''
  let began = 0
  let tooLong = false

  function take(piece: string): Line[] {
    const found: Line[] = []
    let from = depth > (base ?? 0) ? 0 : -1
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at)
      if (code === 10) line++
      if (inText) {
        if (escaped) escaped = false
        else if (code === BACKSLASH) escaped = true
        else if (code === QUOTE) inText = false
        continue
      }
      if (code === QUOTE) inText = depth > 0
      else if (OPEN.includes(code)) {
        base ??= code === 91 ? 1 : 0
        if (depth === base) {
          from = at
          began = line
        }
        depth++
      } else if (CLOSE.includes(code) && depth > 0) {
        depth--
        if (depth === base && from >= 0) {
          keep(piece.slice(from, at + 1))
          found.push({ line: began, text: value, tooLong })
          value = ''
          tooLong = false
          from = -1
        }
      }
    }
    if (from >= 0) keep(piece.slice(from))
    return found
  }
  function keep(text: string): void {
    tooLong ||= value.length + text.length > LONGEST_ROW * 16
    value = tooLong ? value.slice(0, 1000) : value + text
  }
  return {
    take,
    end: (): Line[] => (value === '' ? [] : [{ line: began, text: value, tooLong }]),
  }
}
