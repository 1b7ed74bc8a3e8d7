import { addRequest, given, hostOf, type LogRecord, type Parsed } from './record.ts'

const AFTER_REQUEST = /" (\d{3}|-) (\d+|-)(?= |$)/g
const BETWEEN = /^(?:\([^)]*\) )?$/
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+)$/i
const ESCAPED = /\\(?:x([0-9a-f]{2})|(["\\]))/gi
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * A line of the formats common and combined, each with or without the virtual host before it: what Apache and nginx
 * write, and what is modelled on it. Further fields behind the user agent are passed over.
 */
export function parseNcsa(line: string): Parsed {
  if (line[0] === '#') return 'nothing'
  const open = line.indexOf(' [')
  const close = line.indexOf('] ', open)
  const quote = line.indexOf('"', close)
  if (open < 0 || close < 0 || quote < 0 || !BETWEEN.test(line.slice(close + 2, quote))) {
    return { problem: 'not the common or combined format: no [time] "request"' }
  }
  const found = endOfRequest(line, quote + 1)
  if (!found) return { problem: 'no status and size behind the request' }
  const record: LogRecord = { time: line.slice(open + 2, close) }
  addSender(record, line.slice(0, open).split(' '))
  addRequest(record, unescaped(line.slice(quote + 1, found.index)))
  record.status = given(found[1])
  record.bytes = found[2] === '-' ? '0' : found[2]
  const rest = line.slice(found.index + found[0].length + 1)
  if (rest === '') return record
  return addVisitor(record, rest) ? record : { problem: 'the referrer and the user agent are not in quotes' }
}

function endOfRequest(line: string, from: number): RegExpExecArray | undefined {
  AFTER_REQUEST.lastIndex = from
  for (;;) {
    const found = AFTER_REQUEST.exec(line)
    // A quote that stands in the request is escaped; one before its beginning would be the opening one.
    if (!found || line[found.index - 1] !== '\\') return found ?? undefined
  }
}

/** `host address ident user`, or without the host. A user may have spaces in its name. */
function addSender(record: LogRecord, parts: string[]): void {
  const hasHost = parts.length >= 4 && !ADDRESS.test(parts[0] as string) && parts[1] !== '-'
  if (hasHost) record.host = hostOf(parts.shift())
  record.address = given(parts[0])
  record.user = given(parts.slice(2).join(' '))
}

/** `"referrer" "user agent"`, and whatever follows. Quotes that nobody escaped are taken as they stand. */
function addVisitor(record: LogRecord, rest: string): boolean {
  const middle = rest.indexOf('" "')
  if (rest[0] !== '"' || middle < 0) return false
  record.referrer = given(unescaped(rest.slice(1, middle)))
  const from = middle + 3
  const next = rest.indexOf('" "', from)
  const last = rest.endsWith('"') ? rest.length - 1 : rest.indexOf('" ', from)
  const end = next >= 0 ? next : last
  if (end < from) return false
  record.userAgent = given(unescaped(rest.slice(from, end)))
  return true
}

/** What Apache (`\"`) and nginx (`\x22`) write instead of quotes and bytes that are no text. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  const bytes = text.replace(ESCAPED, (_, hex: string | undefined, sign: string) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : sign,
  )
  if (!/[\x80-\xff]/.test(bytes) || /[^\0-\xff]/.test(bytes)) return bytes
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return bytes
  }
}
