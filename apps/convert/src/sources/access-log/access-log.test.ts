import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAll } from '../importer.contract.ts'
import { createAccessLog } from './access-log.ts'
import { COLUMNS } from './record.ts'

const importer = createAccessLog()
const DATA = new URL('../../../../../../shared/data/access-logs/', import.meta.url)
const COMBINED =
  '192.0.2.1 - ann [10/Oct/2020:13:55:36 -0700] "GET /a?b=1 HTTP/1.1" 200 2326 "https://x.example/" "Mozilla/5.0"'

async function read(text: string | Uint8Array) {
  const rows = await readAll({ importer }, text, COLUMNS)
  return rows.map(({ cells, problem, line }) =>
    cells
      ? Object.fromEntries(
          COLUMNS.map((name, i) => [name, cells[i]]).filter(([, cell]) => cell !== undefined),
        )
      : { line, problem },
  )
}
const PATH = {
  method: 'GET',
  path: '/a',
  query: 'b=1',
  url: '/a?b=1',
  protocol: 'HTTP/1.1',
  status: '200',
  bytes: '2326',
}

describe('an access log', () => {
  it.each([
    ['combined', COMBINED, { referrer: 'https://x.example/', userAgent: 'Mozilla/5.0', user: 'ann' }],
    ['common', COMBINED.split(' "http')[0]!, { user: 'ann' }],
    [
      'common with a virtual host',
      `www.example.com:443 ${COMBINED.split(' "http')[0]}`,
      { host: 'www.example.com' },
    ],
    ['combined with more behind it', `${COMBINED} "-" 0.003`, { userAgent: 'Mozilla/5.0' }],
  ])('is read as %s', async (_, line, more) => {
    const [row] = await read(`${line}\n`)
    expect(row).toMatchObject({ ...PATH, ...more, address: '192.0.2.1', time: '10/Oct/2020:13:55:36 -0700' })
  })

  it('is read as W3C, whose columns change on the way', async () => {
    const lines = [
      '#Software: Microsoft Internet Information Services 10.0',
      '#Fields: date time cs-method cs-uri-stem cs-uri-query sc-status c-ip cs(User-Agent)',
      '2020-10-10 20:55:36 GET /a b=1 200 192.0.2.1 Mozilla/5.0+(X11)',
      '2020-10-10 20:55:36 GET /a 200',
      '#Fields: date time c-ip cs-uri-stem cs-method sc-status',
      '2020-10-10 20:55:37 192.0.2.2 /c GET 404',
    ]
    expect(await read(lines.join('\r\n'))).toMatchObject([
      { time: '2020-10-10 20:55:36Z', path: '/a', query: 'b=1', userAgent: 'Mozilla/5.0 (X11)' },
      { line: 4, problem: '5 columns where #Fields has 8' },
      { time: '2020-10-10 20:55:37Z', path: '/c', status: '404', address: '192.0.2.2' },
    ])
  })

  it('is read as JSON of nginx and of Caddy, one a line or over several', async () => {
    const caddy = {
      ts: 1700000000.25,
      request: {
        method: 'GET',
        host: 'x.example:443',
        uri: '/a?b=1',
        remote_ip: '192.0.2.1',
        headers: { 'User-Agent': ['M'] },
      },
      status: 200,
      size: 2326,
    }
    const nginx = {
      time_iso8601: '2020-10-10T20:55:36+00:00',
      request: 'GET /a?b=1 HTTP/1.1',
      status: 200,
      body_bytes_sent: 2326,
      http_user_agent: 'M',
    }
    const text = [
      JSON.stringify(caddy),
      '{"level":"info","ts":1,"msg":"started"}',
      JSON.stringify(caddy, null, 2),
      JSON.stringify(nginx),
      '{broken',
    ]
    const rows = await read(text.join('\n'))
    expect(rows).toHaveLength(4)
    for (const row of rows.slice(0, 3))
      expect(row).toMatchObject({ path: '/a', query: 'b=1', status: '200', bytes: '2326', userAgent: 'M' })
    expect(rows[3]).toMatchObject({ problem: 'no JSON object' })
  })

  it('keeps quotes and pipes of a path, escaped or not, and takes nothing for a request that is none', async () => {
    const line = (request: string) => `192.0.2.1 - - [10/Oct/2020:13:55:36 +0000] "${request}" 200 1 "-" "-"`
    const requests = [
      'GET /a"b|c HTTP/1.1',
      'GET /a\\"b|c HTTP/1.1',
      'GET /a\\x22b|c HTTP/1.1',
      '\\x16\\x03\\x01',
      '-',
      'GET /a b HTTP/1.1',
      'GET https://x.example/d HTTP/1.1',
    ]
    const rows = await read(requests.map(line).join('\n'))
    expect(rows.map((row) => row.path)).toEqual([
      '/a"b|c',
      '/a"b|c',
      '/a"b|c',
      undefined,
      undefined,
      '/a b',
      '/d',
    ])
    expect(rows[6]).toMatchObject({ host: 'x.example' })
    expect(rows[0]).not.toHaveProperty('userAgent')
  })

  it('passes over bytes that are no text, and reads UTF-16 with its mark', async () => {
    const garbage = Buffer.concat([
      Buffer.from([0, 255, 22, 3, 10]),
      Buffer.from(`${COMBINED.replace('/a', '/é')}\n`, 'latin1'),
    ])
    expect(await read(Buffer.concat([Buffer.from(`${COMBINED}\n`), garbage]))).toMatchObject([
      { path: '/a' },
      { line: 2 },
      { path: '/é' },
    ])
    const utf16 = Buffer.from(`\ufeff${COMBINED}\n`, 'utf16le')
    expect(await read(utf16)).toMatchObject([{ path: '/a' }])
  })

  it('whose last line is cut anywhere is read up to it, and no half of a line counts as another one', async () => {
    const text = `${COMBINED}\n${COMBINED.replace('/a?', '/second?')}\n`
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: COMBINED.length + 1, max: text.length }), async (length) => {
        const paths = (await read(text.slice(0, length))).map((row) => row.path)
        expect(paths[0]).toBe('/a')
        expect([undefined, '/second']).toContain(paths[1])
      }),
    )
  })

  it('that nobody can tell the format of is refused with an example', async () => {
    await expect(read('hello\nworld\n')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/such as "hello"; name it with --format/),
    })
    expect(await read('')).toEqual([])
  })

  it('refuses a column that it does not have', async () => {
    await expect(readAll({ importer }, COMBINED, ['pth'])).rejects.toThrow(/no column "pth".*"path"/)
  })
})

describe.skipIf(!existsSync(DATA))(
  'logs that nobody here wrote (skipped where ../shared/data is absent)',
  () => {
    it.each([
      ['semicomplete-2015-combined.log.gz', 10_000, 9999],
      ['basjes-2015-combined.log.gz', 3456, 3456],
      ['twiki-2004-common.log.gz', 1406, 1406],
      ['advertools-nginx-2021-combined.log.gz', 1000, 954],
    ])('%s is read, line by line', async (name, lines, requests) => {
      const rows = await read(gunzipSync(readFileSync(new URL(name, DATA))))
      expect(rows).toHaveLength(lines)
      expect(rows.filter((row) => 'path' in row).length).toBeGreaterThanOrEqual(requests)
    })
  },
)
