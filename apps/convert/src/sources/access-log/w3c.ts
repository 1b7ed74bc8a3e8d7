import { addUrl, given, hostOf, type LogRecord, type Parsed, type ParseLine } from './record.ts'

const HOSTS = ['x-host-header', 'cs-host', 'cs(host)', 's-computername']
const TOKEN = /"((?:[^"]|"")*)"(?= |$)|[^ ]+/g

/**
 * W3C extended logs: IIS, and CloudFront with tabs between. `#Fields` names the columns, as often as it stands there.
 * Times are UTC, as the format says.
 */
export function createW3c(): ParseLine {
  let fields: string[] | undefined
  let date: string | undefined
  return (line): Parsed => {
    if (line[0] === '#') {
      const directive = /^#(Fields|Date):\s*(.*)$/i.exec(line)
      if (directive?.[1]?.toLowerCase() === 'fields')
        fields = (directive[2] as string).trim().toLowerCase().split(/\s+/)
      if (directive?.[1]?.toLowerCase() === 'date') date = directive[2]?.split(' ')[0]
      return 'nothing'
    }
    if (!fields) return { problem: 'no #Fields line says what its columns are' }
    const tabs = line.includes('\t')
    const cells = tabs ? line.split('\t') : tokensOf(line)
    if (cells.length !== fields.length) {
      return { problem: `${cells.length} columns where #Fields has ${fields.length}` }
    }
    const names = fields
    const cell = (name: string) => given(cells[names.indexOf(name)])
    return recordOf(cell, cell('date') ?? date, tabs ? twiceDecoded : withSpaces)
  }
}

function recordOf(
  cell: (name: string) => string | undefined,
  date: string | undefined,
  decode: (text: string) => string,
): LogRecord {
  const time = cell('time')
  const agent = cell('cs(user-agent)')
  const referrer = cell('cs(referer)')
  const record: LogRecord = {
    time: date && time && `${date} ${time}Z`,
    host: hostOf(HOSTS.map(cell).find((host) => host !== undefined)),
    address: cell('c-ip'),
    user: cell('cs-username'),
    method: cell('cs-method'),
    protocol: cell('cs-version') ?? cell('cs-protocol-version'),
    status: cell('sc-status'),
    bytes: cell('sc-bytes') ?? '0',
    referrer,
    userAgent: agent && decode(agent),
  }
  const stem = cell('cs-uri-stem') ?? cell('cs-uri')
  const query = cell('cs-uri-query')
  if (stem) addUrl(record, query ? `${stem}?${query}` : stem)
  return record
}

function tokensOf(line: string): string[] {
  return Array.from(line.matchAll(TOKEN), (match) => match[1]?.replaceAll('""', '"') ?? match[0])
}

function withSpaces(text: string): string {
  return text.replaceAll('+', ' ')
}

/** CloudFront encodes what the browser sent, and that once more. */
function twiceDecoded(text: string): string {
  try {
    return decodeURIComponent(decodeURIComponent(text))
  } catch {
    return text
  }
}
