import { wrongUsage } from '../error.ts'
import { decodeText } from '../inputs/text.ts'
import { FILES, ONLY, openFiles } from './files.ts'
import { type Importer, LONGEST_ROW, type Row, unknownColumns } from './importer.ts'
import { type Dialect, scanRecord } from './quoted.ts'
import type { Source } from './source.ts'

const DELIMITERS = [',', ';', '\t', '|']

/** Any table with a header. */
export const csv: Source = {
  about: 'read tables with a header',
  inputs: FILES,
  columns: 'COLUMN is a name in the header',
  options: [
    ['--delimiter <character>', 'between columns; found in the header by default'],
    ['--columns <a,b,...>', 'names of the columns, where the table has no header'],
    ONLY,
  ],
  prepare(paths, flags) {
    const delimiter = readDelimiter(flags.delimiter)
    const columns = flags.columns?.split(',').map((name) => name.trim())
    const options = { ...(delimiter && { delimiter }), ...(columns && { columns }) }
    return openFiles(() => createCsv(options))(paths, flags)
  },
}

/** What of a table its content does not say. */
export interface CsvOptions {
  /** One character; the one that the header holds most often out of comma, semicolon, tab and bar otherwise. */
  delimiter?: string
  /** Brings the names of the header to those that COLUMN means. */
  rename?(names: string[]): string[]
  /** Names of the columns of a table that has no header. */
  columns?: readonly string[]
  /** Leading lines that are no part of the table. */
  preamble?: RegExp
}

interface Header {
  columns: string[]
  /** Where in a record the columns asked for are. */
  places: number[]
}

interface Found {
  cells: string[] | undefined
  problem: string
  text: string
  line: number
}

/**
 * Tables with a header: RFC 4180 with any delimiter, any end of line, quoted ends of lines. A record that cannot be
 * read is a problem of its first line, and reading goes on with the next line.
 */
export function createCsv(options: CsvOptions = {}): Importer {
  return {
    async *read(bytes, columns, onHeader) {
      let header: Header | undefined
      for await (const records of recordsOf(decodeText(bytes), options)) {
        if (!header && options.columns) header = headerOf([...options.columns], columns)
        if (!header) {
          const first = records.shift() as Found
          if (!first.cells)
            throw wrongUsage(`the header on line ${first.line} cannot be read: ${first.problem}`)
          onHeader?.(first.text)
          header = headerOf(first.cells, columns, options.rename)
        }
        const known = header
        yield records.map((record) => rowOf(record, known))
      }
    },
  }
}

function headerOf(cells: string[], asked: readonly string[], rename = (names: string[]) => names): Header {
  const written = cells.map((name) => name.trim())
  const columns = rename(written)
  const missing = asked.filter((name) => !columns.includes(name))
  if (missing.length > 0) throw unknownColumns(missing, columns, 'in the header')
  const twice = asked.find((name) => columns.indexOf(name) !== columns.lastIndexOf(name))
  if (twice !== undefined)
    throw wrongUsage(`the header has the column ${JSON.stringify(twice)} twice; rename one`)
  return { columns: written, places: asked.map((name) => columns.indexOf(name)) }
}

function rowOf({ cells, problem, text, line }: Found, { columns, places }: Header): Row {
  if (!cells) return { line, text, problem }
  if (cells.length !== columns.length) {
    return { line, text, problem: `${cells.length} columns where the header has ${columns.length}` }
  }
  if (cells[0]?.trim() === columns[0] && cells.every((cell, index) => cell.trim() === columns[index])) {
    return { line, text, problem: 'the header once more' }
  }
  return { line, text, cells: places.map((place) => cells[place]) }
}

/** Records in groups, blank lines left out. Each group has at least one. */
async function* recordsOf(pieces: AsyncIterable<string>, options: CsvOptions): AsyncGenerator<Found[]> {
  const reader = createReader(options)
  for await (const piece of pieces) {
    const records = reader.take(piece, false)
    if (records.length > 0) yield records
  }
  const records = reader.take('', true)
  if (records.length > 0) yield records
}

function createReader({ delimiter, preamble }: CsvOptions) {
  let dialect: Dialect | undefined
  let rest = ''
  let at = 0
  let line = 1
  /** The next quote at or after `at`; looking for it once for many lines is what makes lines without any cheap. */
  let quote = -1
  /** Passing over the rest of a line that is too long. */
  let skipping = false
  let found: Found[] = []

  let begun = preamble === undefined

  function keep(text: string, cells: string[] | undefined, problem = ''): void {
    begun ||= text !== '' && !preamble?.test(text)
    if (text !== '' && begun) found.push({ cells, problem, text, line })
  }
  function advance(to: number, lines: number): void {
    at = to
    line += lines
  }
  function passLine(end: number): void {
    skipping = end < 0
    advance(skipping ? rest.length : end + 1, skipping ? 0 : 1)
  }
  /** Reads one record; false where more text must come first. */
  function step(dialect: Dialect, final: boolean): boolean {
    const end = rest.indexOf(dialect.terminator, at)
    if (skipping) {
      passLine(end)
      return true
    }
    if (quote < at) quote = quoteFrom(rest, at)
    if (end >= 0 && quote > end) {
      const text = withoutReturn(rest.slice(at, end))
      keep(text, text.split(dialect.delimiter))
      advance(end + 1, 1)
      return true
    }
    const scanned = scanRecord(rest, at, dialect, final)
    if (scanned.kind === 'incomplete' && rest.length - at <= LONGEST_ROW) return false
    if (scanned.kind === 'record') {
      keep(withoutReturn(withoutLast(rest.slice(at, scanned.end), dialect.terminator)), scanned.cells)
      advance(scanned.end, count(rest, dialect.terminator, at, scanned.end))
      return true
    }
    const problem = scanned.kind === 'broken' ? scanned.reason : `longer than ${LONGEST_ROW} characters`
    keep(withoutReturn(rest.slice(at, end < 0 ? rest.length : end)), undefined, problem)
    passLine(end)
    return true
  }
  function take(piece: string, final: boolean): Found[] {
    rest += piece
    dialect ??= dialectOf(rest, delimiter, final, preamble)
    if (!dialect) return []
    found = []
    while (at < rest.length && step(dialect, final)) {}
    rest = rest.slice(at)
    at = 0
    quote = -1
    return found
  }
  return { take }
}

/** How the table is written, once its first line is there. */
function dialectOf(
  whole: string,
  delimiter: string | undefined,
  final: boolean,
  preamble?: RegExp,
): Dialect | undefined {
  const begun = preamble
    ? whole.split('\n').findIndex((line) => line.trim() !== '' && !preamble.test(line))
    : 0
  const text = begun > 0 ? whole.split('\n').slice(begun).join('\n') : whole
  const end = /\n|\r(?=[^\n])/.exec(text)
  if (!end && !final && text.length <= LONGEST_ROW) return undefined
  const header = text.slice(0, end?.index)
  const terminator = end?.[0] === '\r' ? '\r' : '\n'
  return { delimiter: delimiter ?? mostFrequent(header), terminator }
}

function mostFrequent(header: string): string {
  const unquoted = header.replace(/"[^"]*"/g, '')
  const times = (delimiter: string) => unquoted.split(delimiter).length
  return DELIMITERS.reduce((best, delimiter) => (times(delimiter) > times(best) ? delimiter : best))
}

function quoteFrom(text: string, at: number): number {
  const found = text.indexOf('"', at)
  return found < 0 ? Number.POSITIVE_INFINITY : found
}

function count(text: string, terminator: string, from: number, to: number): number {
  let lines = 0
  for (let at = text.indexOf(terminator, from); at >= 0 && at < to; at = text.indexOf(terminator, at + 1))
    lines++
  return lines
}

function withoutLast(text: string, terminator: string): string {
  return text.endsWith(terminator) ? text.slice(0, -1) : text
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text
}

function readDelimiter(text: string | undefined): string | undefined {
  const delimiter = text === '\\t' || text === 'tab' ? '\t' : text
  if (delimiter === undefined || /^[^"\r\n]$/.test(delimiter)) return delimiter
  throw wrongUsage(`--delimiter: ${JSON.stringify(text)}; expected one character, or tab`)
}
