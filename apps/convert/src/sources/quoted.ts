/** How a table is written. */
export interface Dialect {
  delimiter: string
  terminator: '\n' | '\r'
}

/** One record of a table, or why there is none (yet). */
export type Scanned =
  | { kind: 'record'; cells: string[]; end: number }
  | { kind: 'broken'; reason: string }
  | { kind: 'incomplete' }

/**
 * Reads the record at a place of a text, quotes and quoted ends of lines included (RFC 4180). A quote inside a cell
 * that does not begin with one is an ordinary character. `end` is where the next record begins.
 * @param final no more text will come
 */
export function scanRecord(text: string, from: number, dialect: Dialect, final: boolean): Scanned {
  const { delimiter, terminator } = dialect
  const cells: string[] = []
  for (let at = from; ; at += delimiter.length) {
    const quoted = text[at] === '"'
    const end = quoted ? closingQuote(text, at + 1, final) : plainEnd(text, at, dialect, final)
    if (end < 0 && quoted && final) return { kind: 'broken', reason: 'a quote is opened and not closed' }
    if (end < 0) return { kind: 'incomplete' }
    cells.push(quoted ? text.slice(at + 1, end).replaceAll('""', '"') : text.slice(at, end))
    at = quoted ? end + 1 : end
    if (text.startsWith(delimiter, at)) continue
    const after = recordEnd(text, at, terminator)
    if (after >= 0) return { kind: 'record', cells, end: after }
    if (!final && at + 1 >= text.length) return { kind: 'incomplete' }
    return { kind: 'broken', reason: 'text stands between a closing quote and the end of its cell' }
  }
}

/** The place of the quote that closes a cell; negative where it cannot be told yet. */
function closingQuote(text: string, from: number, final: boolean): number {
  for (let at = from; ; at += 2) {
    at = text.indexOf('"', at)
    if (at < 0 || (at + 1 === text.length && !final)) return -1
    if (text[at + 1] !== '"') return at
  }
}

/** Where an unquoted cell ends; negative where it cannot be told yet. */
function plainEnd(text: string, from: number, { delimiter, terminator }: Dialect, final: boolean): number {
  const terminated = text.indexOf(terminator, from)
  const delimited = text.indexOf(delimiter, from)
  if (delimited >= 0 && (terminated < 0 || delimited < terminated)) return delimited
  if (terminated < 0) return final ? text.length : -1
  const carriageReturn = terminator === '\n' && terminated > from && text[terminated - 1] === '\r'
  return carriageReturn ? terminated - 1 : terminated
}

/** Where the next record begins, if one ends there; otherwise negative. */
function recordEnd(text: string, at: number, terminator: string): number {
  if (at >= text.length) return at
  if (text[at] === terminator) return at + 1
  return terminator === '\n' && text[at] === '\r' && text[at + 1] === '\n' ? at + 2 : -1
}
