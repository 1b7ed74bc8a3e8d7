import { ConvertError } from '../error.ts'
import { LONGEST_ROW } from './importer.ts'
import type { Line } from './lines.ts'

/**
 * What a JSON text with long arrays of rows is made of, in order. `rows`: such an array begins, in the value as far
 * as it was read. `row`: one element of it. `value`: a value has ended, its arrays of rows left empty; undefined where
 * it is no JSON, or the input ends within it.
 */
export type JsonPiece =
  | { kind: 'rows'; value: unknown }
  | ({ kind: 'row' } & Line)
  | { kind: 'value'; line: number; value: unknown }

const SIGNS = /["\\{}[\]\n]/g
const NEWLINE = 10
const QUOTE = 34
const BACKSLASH = 92
const OPENING = [123, 91]
const CLOSING = [125, 93]
const ROWS = /(?<!\\)"rows"\s*:\s*$/
const LONGEST_FRAME = 16 * LONGEST_ROW

/**
 * The values that follow one another in a JSON text, in groups of pieces: what stands in arrays that are called
 * `rows` comes element by element, so that memory stays flat however many there are.
 * @throws ConvertError where what surrounds the rows is longer than 16 M characters
 */
export async function* jsonRowsOf(pieces: AsyncIterable<string>): AsyncGenerator<JsonPiece[]> {
  const reader = createReader()
  for await (const piece of pieces) {
    const found = reader.take(piece)
    if (found.length > 0) yield found
  }
  const found = reader.end()
  if (found.length > 0) yield found
}

/** Where text belongs: to no value, to a value around rows, between rows, to a row. */
type Part = 'none' | 'frame' | 'gap' | 'row'

function createReader() {
  const kept = { none: '', frame: '', gap: '', row: '' }
  /** What closes the brackets that are open. */
  const open: string[] = []
  /** How many are open between rows. */
  let gapDepth = 0
  let part: Part = 'none'
  let piece = ''
  let from = 0
  let line = 1
  let began = 1
  let inText = false
  /** The place of a character that means nothing, because a backslash stands before it. */
  let escapedAt = -1
  let found: JsonPiece[] = []

  function goTo(next: Part, at: number): void {
    kept[part] += piece.slice(from, at)
    if (part === 'none' || part === 'gap') kept[part] = ''
    // Its end is told by its brackets; what is in it is no row in any case.
    if (kept.row.length > LONGEST_ROW * 2) kept.row = kept.row.slice(0, LONGEST_ROW + 1)
    if (kept.frame.length > LONGEST_FRAME) throw tooLarge(began)
    part = next
    from = at
  }
  function opens(at: number, isArray: boolean): void {
    if (part === 'none' || part === 'gap') {
      began = line
      goTo(part === 'none' ? 'frame' : 'row', at)
    } else if (part === 'frame' && isArray) {
      goTo('frame', at)
      if (ROWS.test(kept.frame.slice(-100))) {
        goTo('gap', at + 1)
        gapDepth = open.length + 1
        found.push({ kind: 'rows', value: parse(`${kept.frame}]${open.toReversed().join('')}`) })
      }
    }
    open.push(isArray ? ']' : '}')
  }
  function closes(at: number): void {
    if (part === 'gap') goTo('frame', at)
    open.pop()
    if (part === 'row' && open.length === gapDepth) {
      goTo('gap', at + 1)
      const tooLong = kept.row.length > LONGEST_ROW
      found.push({ kind: 'row', line: began, text: tooLong ? kept.row.slice(0, 1000) : kept.row, tooLong })
      kept.row = ''
    } else if (part === 'frame' && open.length === 0) {
      goTo('none', at + 1)
      found.push({ kind: 'value', line: began, value: parse(kept.frame) })
      kept.frame = ''
    }
  }
  function sign(code: number, at: number): void {
    if (code === NEWLINE) line++
    else if (inText) {
      if (code === BACKSLASH) escapedAt = at + 1
      else if (code === QUOTE) inText = false
    } else if (code === QUOTE) inText = part !== 'none'
    else if (OPENING.includes(code)) opens(at, code === OPENING[1])
    else if (CLOSING.includes(code) && open.length > 0) closes(at)
  }
  function take(text: string): JsonPiece[] {
    piece = text
    from = 0
    found = []
    for (const { index } of text.matchAll(SIGNS)) {
      if (index !== escapedAt) sign(text.charCodeAt(index), index)
    }
    escapedAt -= text.length
    goTo(part, text.length)
    return found
  }
  return {
    take,
    end: (): JsonPiece[] => (part === 'none' ? [] : [{ kind: 'value', line: began, value: undefined }]),
  }
}

function tooLarge(line: number): ConvertError {
  const what = `line ${line}: a value has more than ${LONGEST_FRAME} characters beside its rows`
  return new ConvertError('input', `${what}; expected an answer of the Data API`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
