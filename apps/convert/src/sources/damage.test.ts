import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Flags } from '../settings/flags.ts'
import { type SourceName, sourceOf } from './by-name.ts'

interface Sample {
  source: SourceName
  /** The column whose cells tell the rows apart. */
  column: string
  /** What stands before the first row, between rows and behind the last one. */
  head?: string
  between?: string
  tail?: string
  row(parent: string): string
  flags?: Flags
}

const at = '2020-01-01T00:00:00Z'
const values = (...all: string[]) => all.map((value) => ({ value }))
const request = (path: string) => `"GET ${path} HTTP/1.1" 200 5`
const action = (url: string) => ({ actionDetails: [{ type: 'action', url, timestamp: 1 }] })
const report = { dimensionHeaders: [{ name: 'pagePath' }], metricHeaders: [{ name: 'views' }] }
const DUMP = `CREATE TABLE \`log_link_visit_action\` (\n  \`server_time\` datetime,\n  \`custom\` text\n);\nINSERT INTO \`log_link_visit_action\` VALUES\n`

const SAMPLES: Record<string, Sample> = {
  csv: { source: 'csv', column: 'id', head: 'id,at\n', row: (id) => `${id},${at}` },
  ndjson: { source: 'ndjson', column: 'id', row: (id) => JSON.stringify({ id, at }) },
  plausible: {
    source: 'plausible',
    column: 'page',
    head: 'date,page,pageviews\n',
    row: (id) => `2020-01-01,${id},1`,
  },
  umami: {
    source: 'umami',
    column: 'url_path',
    head: 'event_id,url_path,created_at\n',
    row: (id) => `1,${id},${at}`,
    flags: { only: '*' },
  },
  goatcounter: { source: 'goatcounter', column: 'Path', head: '2Path,Date\n', row: (id) => `${id},${at}` },
  'matomo, a report': { source: 'matomo', column: 'Label', head: 'Label,Visits\n', row: (id) => `${id},1` },
  'matomo, visits': {
    source: 'matomo',
    column: 'path',
    head: '[\n',
    between: ',\n',
    tail: '\n]\n',
    row: (id) => JSON.stringify(action(`https://x.example${id}`)),
  },
  'matomo, a dump': {
    source: 'matomo',
    column: 'custom',
    head: DUMP,
    between: ',\n',
    tail: ';\n',
    row: (id) => `('2020-01-01 00:00:00','${id}')`,
  },
  'ga4, CSV': {
    source: 'ga4',
    column: 'pagePath',
    head: '# Pages\n\nPage path,Date,Views\n',
    row: (id) => `${id},20200101,1`,
  },
  'ga4, JSON': {
    source: 'ga4',
    column: 'pagePath',
    head: `${JSON.stringify(report).slice(0, -1)},"rows":[\n`,
    between: ',\n',
    tail: '\n]}\n',
    row: (id) => JSON.stringify({ dimensionValues: values(id), metricValues: values('1') }),
    flags: { zone: 'UTC' },
  },
  'access-log, combined': {
    source: 'access-log',
    column: 'path',
    row: (id) => `192.0.2.1 - - [10/Oct/2020:13:55:36 +0000] ${request(id)} "-" "-"`,
  },
  'access-log, common': {
    source: 'access-log',
    column: 'path',
    row: (id) => `192.0.2.1 - - [10/Oct/2020:13:55:36 +0000] ${request(id)}`,
  },
  'access-log, vhost': {
    source: 'access-log',
    column: 'path',
    row: (id) => `x.example:80 192.0.2.1 - - [10/Oct/2020:13:55:36 +0000] ${request(id)}`,
  },
  'access-log, W3C': {
    source: 'access-log',
    column: 'path',
    head: '#Fields: date time cs-method cs-uri-stem sc-status\n',
    row: (id) => `2020-01-01 00:00:00 GET ${id} 200`,
  },
  'access-log, nginx JSON': {
    source: 'access-log',
    column: 'path',
    row: (id) => JSON.stringify({ time_iso8601: at, request: `GET ${id} HTTP/1.1`, status: 200 }),
  },
  'access-log, Caddy': {
    source: 'access-log',
    column: 'path',
    row: (id) => JSON.stringify({ ts: 1577836800, request: { method: 'GET', uri: id }, status: 200 }),
  },
}
const PARENTS = ['/a', '/café', '/“quoted”|bar', '/z']
const CASES = Object.entries(SAMPLES)

const folder = mkdtempSync(join(tmpdir(), 'convert-'))
function textOf({ head = '', between = '\n', tail = '\n', row }: Sample, parents = PARENTS): string {
  return head + parents.map(row).join(between) + tail
}
/** The cells that tell rows apart; for a row that could not be read, that. */
async function read(
  { source, column, flags = {} }: Sample,
  content: Uint8Array,
): Promise<(string | undefined)[]> {
  const path = join(folder, 'input')
  writeFileSync(path, content)
  const cells: (string | undefined)[] = []
  for (const table of await sourceOf(source).prepare([path], flags)()) {
    for await (const rows of table.read([column], () => {})) {
      cells.push(...rows.map((row) => (row.cells ? row.cells[0] : 'unreadable')))
    }
  }
  return cells
}
function utf16be(text: string): Buffer {
  return Buffer.from(`\ufeff${text}`, 'utf16le').swap16()
}
/** The bytes of Windows-1252 for what the samples hold. */
function windows1252(text: string): Buffer {
  return Buffer.from(text.replaceAll('“', '\x93').replaceAll('”', '\x94'), 'latin1')
}
const ENCODINGS: [string, (text: string) => Uint8Array][] = [
  ['UTF-8 with a mark', (text) => Buffer.from(`\ufeff${text}`)],
  ['UTF-16, the small end first', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['UTF-16, the big end first', utf16be],
  ['Windows-1252', windows1252],
  ['UTF-8 with CRLF', (text) => Buffer.from(text.replaceAll('\n', '\r\n'))],
  [
    'UTF-16 with CRLF, packed',
    (text) => gzipSync(Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`, 'utf16le')),
  ],
]

describe.each(ENCODINGS)('an input in %s', (_, encode) => {
  it.each(CASES)('is read by %s', async (_, sample) => {
    expect(await read(sample, encode(textOf(sample)))).toEqual(PARENTS)
  })
})

// Bytes of a TLS handshake, which servers log as they came, in the midst of rows.
const GARBAGE = '\u0016\u0003\u0001\u0000 \u0085\ufffd'

describe('an input with a broken row', () => {
  it.each(CASES)('costs %s that row alone', async (_, sample) => {
    const broken = { ...sample, row: (id: string) => (id === '' ? GARBAGE : sample.row(id)) }
    const cells = await read(sample, Buffer.from(textOf(broken, ['/a', '', '/z']), 'latin1'))
    expect(cells.filter((cell) => cell !== 'unreadable' && cell !== undefined)).toEqual(['/a', '/z'])
  })

  it.each(CASES)('that is its last one, half written, costs %s nothing else', async (_, sample) => {
    const whole = textOf(sample)
    const half = whole.slice(0, whole.lastIndexOf('/z'))
    const cells = await read(sample, Buffer.from(half))
    expect(cells.slice(0, 3)).toEqual(PARENTS.slice(0, 3))
    expect(cells.slice(3)).not.toContain('/z')
  })
})

describe('a header that stands there once more', () => {
  it.each(CASES.filter(([, { head }]) => head && /^[\w#].*\n/.test(head)))(
    'is no row of %s',
    async (_, sample) => {
      const { head = '', row } = sample
      const header = head.trimEnd().split('\n').at(-1) as string
      const again = { ...sample, row: (id: string) => (id === '' ? header : row(id)) }
      if (sample.between) return
      const cells = await read(sample, Buffer.from(textOf(again, ['/a', '', '/z'])))
      expect(cells.filter((cell) => cell !== 'unreadable')).toEqual(['/a', '/z'])
    },
  )
})
