import { LONGEST_ROW } from '../importer.ts'

/** What a dump of MySQL or MariaDB says, in order. Values are text; undefined is null. */
export type DumpPart =
  | { kind: 'table'; name: string; columns: string[] }
  | {
      kind: 'row'
      table: string
      /** The columns that the statement itself names. */
      columns: string[] | undefined
      values: (string | undefined)[]
      text: string
      line: number
    }
  | { kind: 'broken'; text: string; line: number }

const INSERT = /^(?:INSERT|REPLACE)(?: IGNORE)? INTO [`"]?([^`"\s(]+)[`"]?\s*(\([^)]*\))?\s*VALUES\s*/i
const CREATE = /^CREATE TABLE (?:IF NOT EXISTS )?[`"]?([^`"\s(]+)[`"]?\s*\(/i
// What is none between rows ends where its line does, or where a row may begin.
const NEXT_ROW = /[(;\n]/
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', '0': '\0', Z: '\x1a', b: '\b' }

/** Reads the statements of a dump that make tables and fill them, a group at a time; everything else is passed over. */
export async function* dumpParts(pieces: AsyncIterable<string>): AsyncGenerator<DumpPart[]> {
  const reader = createReader()
  for await (const piece of pieces) {
    const parts = reader.take(piece, false)
    if (parts.length > 0) yield parts
  }
  const parts = reader.take('', true)
  if (parts.length > 0) yield parts
}

function createReader() {
  let rest = ''
  let at = 0
  let line = 1
  let insert: { table: string; columns: string[] | undefined } | undefined
  let create: { name: string; columns: string[] } | undefined
  let parts: DumpPart[] = []

  function pass(to: number): void {
    for (let next = rest.indexOf('\n', at); next >= 0 && next < to; next = rest.indexOf('\n', next + 1))
      line++
    at = to
  }
  /** One row, or the end of the statement; false where more text must come first. */
  function stepInsert(into: NonNullable<typeof insert>, final: boolean): boolean {
    const start = /[^\s,]/g
    start.lastIndex = at
    const found = start.exec(rest)
    if (!found) {
      pass(rest.length)
      return false
    }
    pass(found.index)
    if (found[0] === ';' || /^on\s/i.test(rest.slice(at, at + 3))) {
      insert = undefined
      return true
    }
    if (found[0] !== '(') {
      const next = NEXT_ROW.exec(rest.slice(at))
      const end = next ? at + next.index : rest.length
      parts.push({ kind: 'broken', text: rest.slice(at, end).slice(0, 1000), line })
      pass(end)
      return true
    }
    const row = tupleAt(rest, at)
    if (row) {
      parts.push({ kind: 'row', ...into, values: row.values, text: rest.slice(at, row.end), line })
      pass(row.end)
      return true
    }
    if (!final && rest.length - at <= LONGEST_ROW * 4) return false
    parts.push({ kind: 'broken', text: rest.slice(at, at + 1000), line })
    insert = undefined
    return true
  }
  /** One line that is no row; false where more text must come first. */
  function stepLine(final: boolean): boolean {
    const head = rest.slice(at, at + 4000)
    const begun = INSERT.exec(head)
    if (begun && (begun[0].length < head.length || final)) {
      const columns = begun[2]?.slice(1, -1).split(',').map(unquoted)
      insert = { table: begun[1] as string, columns }
      pass(at + begun[0].length)
      return true
    }
    const end = rest.indexOf('\n', at)
    if (end < 0 && !final && rest.length - at < LONGEST_ROW) return false
    const text = rest.slice(at, end < 0 ? rest.length : end)
    const made = CREATE.exec(text)
    if (made) create = { name: made[1] as string, columns: [] }
    else if (create) {
      const column = /^\s+[`"]([^`"]+)[`"]\s/.exec(text)
      if (column) create.columns.push(column[1] as string)
      if (text.startsWith(')')) {
        parts.push({ kind: 'table', ...create })
        create = undefined
      }
    }
    pass(end < 0 ? rest.length : end + 1)
    return true
  }
  return {
    take(piece: string, final: boolean): DumpPart[] {
      rest = rest.slice(at) + piece
      at = 0
      parts = []
      while (at < rest.length && (insert ? stepInsert(insert, final) : stepLine(final))) {}
      return parts
    },
  }
}

/** The values in brackets at a place; undefined where they do not end. */
function tupleAt(text: string, from: number): { values: (string | undefined)[]; end: number } | undefined {
  const values: (string | undefined)[] = []
  for (let at = from + 1; at < text.length; ) {
    if (text.startsWith('_binary ', at)) at += 8
    if (text[at] === "'") {
      const end = quoteEnd(text, at + 1)
      if (end < 0) return undefined
      values.push(unescaped(text.slice(at + 1, end)))
      at = end + 1
    } else {
      const end = /[,)]/g
      end.lastIndex = at
      const found = end.exec(text)
      if (!found) return undefined
      const word = text.slice(at, found.index).trim()
      values.push(word.toUpperCase() === 'NULL' ? undefined : word)
      at = found.index
    }
    if (text[at] === ')') return { values, end: at + 1 }
    if (text[at] !== ',') return undefined
    at++
  }
  return undefined
}

function quoteEnd(text: string, from: number): number {
  const sign = /['\\]/g
  for (let at = from; ; ) {
    sign.lastIndex = at
    const found = sign.exec(text)
    if (!found || found.index + 1 >= text.length) return -1
    if (found[0] === "'" && text[found.index + 1] !== "'") return found.index
    at = found.index + 2
  }
}

function unescaped(text: string): string {
  return text.replace(/''|\\(.)/gs, (_, sign: string | undefined) =>
    sign === undefined ? "'" : (ESCAPES[sign] ?? sign),
  )
}

function unquoted(name: string): string {
  return name.trim().replace(/^[`"]|[`"]$/g, '')
}
