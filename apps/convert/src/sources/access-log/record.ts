/** What a line of an access log tells, whatever its format. `url` is the target as it was asked for. */
export interface LogRecord {
  time?: string | undefined
  host?: string | undefined
  address?: string | undefined
  user?: string | undefined
  method?: string | undefined
  path?: string | undefined
  query?: string | undefined
  url?: string | undefined
  protocol?: string | undefined
  status?: string | undefined
  bytes?: string | undefined
  referrer?: string | undefined
  userAgent?: string | undefined
}

/** The columns of every access log. */
export const COLUMNS: readonly (keyof LogRecord)[] = [
  'time',
  'host',
  'address',
  'user',
  'method',
  'path',
  'query',
  'url',
  'protocol',
  'status',
  'bytes',
  'referrer',
  'userAgent',
]

/** What one line is: a record, nothing (a comment, another message), or not of the format, with the reason. */
export type Parsed = LogRecord | 'nothing' | { problem: string }

/** Reads lines of one file in order; it may remember, such as the columns that a line declared. */
export type ParseLine = (line: string) => Parsed

const METHOD = /^[A-Za-z][A-Za-z_-]{1,19}$/
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/i

/** A cell where `-` and nothing mean none. */
export function given(text: string | undefined): string | undefined {
  return text === '-' || text === '' ? undefined : text
}

/** Adds method, url, path, query and protocol of `GET /path?query HTTP/1.1`; nothing where it is no request. */
export function addRequest(record: LogRecord, request: string): void {
  const space = request.indexOf(' ')
  const method = space < 0 ? request : request.slice(0, space)
  if (space < 0 || !METHOD.test(method)) return
  const last = request.lastIndexOf(' ')
  const versioned = last > space && request.startsWith('HTTP/', last + 1)
  record.method = method
  if (versioned) record.protocol = request.slice(last + 1)
  addUrl(record, request.slice(space + 1, versioned ? last : undefined))
}

/** Adds url, path and query of a target, and the host of an absolute one. */
export function addUrl(record: LogRecord, url: string): void {
  record.url = url
  let target = url
  if (url[0] !== '/') {
    const absolute = ABSOLUTE.exec(url)
    if (absolute) {
      record.host ??= hostOf(absolute[1])
      target = absolute[2]?.startsWith('/') ? absolute[2] : `/${absolute[2]}`
    } else if (url !== '*') return
  }
  const query = target.indexOf('?')
  const path = query < 0 ? target : target.slice(0, query)
  const fragment = path.indexOf('#')
  record.path = fragment < 0 ? path : path.slice(0, fragment)
  if (query >= 0) record.query = target.slice(query + 1)
}

/** A host without its port. */
export function hostOf(text: string | undefined): string | undefined {
  return given(text)?.replace(/:\d+$/, '')
}
