import { describe, expect, it } from 'vitest'
import { createAccessLog } from './access-log/access-log.ts'
import { createCsv } from './csv.ts'
import { django } from './django/django.ts'
import { createGa4 } from './ga4.ts'
import type { Importer } from './importer.ts'
import { importer as matomo } from './matomo/matomo.ts'
import { jsonLines } from './ndjson.ts'
import { readRejects } from './rejects.ts'

async function* bytesOf(text: string) {
  yield Buffer.from(text)
}

/** Cells of all rows, and the rows as they are kept where they are rejected. */
async function readOf(importer: Importer, input: string, columns: string[]) {
  const cells: unknown[] = []
  const kept: string[] = []
  let header: string | undefined
  const all = importer.read(bytesOf(input), columns, (text) => {
    header = text
  })
  for await (const rows of all) {
    for (const row of rows) {
      cells.push(row.cells)
      kept.push(JSON.stringify({ line: row.line, text: row.text, header }))
    }
  }
  return { cells, kept }
}
async function readAgain(importer: Importer, kept: readonly string[], columns: string[]) {
  const cells: unknown[] = []
  for await (const rows of readRejects(bytesOf(kept.join('\n')), (all) => importer.read(all, columns))) {
    for (const row of rows) cells.push(row.cells ?? row.problem)
  }
  return cells
}

const W3C = `#Fields: date time cs-uri-stem sc-status
2020-01-01 10:00:00 /a 200
#Fields: time sc-status cs-uri-stem
#Date: 2020-01-02 00:00:00
11:00:00 404 /b
12:00:00 200 /c
#Date: 2020-01-03 00:00:00
10:00:00 200 /d
`
const VISITS = [
  {
    country: 'France',
    actionDetails: [
      { type: 'action', url: 'https://x.example/a', timestamp: 1 },
      { type: 'action', url: 'https://x.example/b', timestamp: 2, pageTitle: 'x'.repeat(2000) },
    ],
  },
]
const REPORT = {
  dimensionHeaders: [{ name: 'date' }],
  metricHeaders: [{ name: 'views' }],
  rows: [
    { dimensionValues: [{ value: '20200101' }], metricValues: [{ value: '1' }] },
    { dimensionValues: [{ value: '20200102' }], metricValues: [{ value: '2' }] },
  ],
  metadata: { timeZone: 'Asia/Tokyo' },
}
const NESTED = '{"a":{"b":1}}\n{"a":{"b":2}}\n'

describe('rejected rows', () => {
  it.each([
    ['a table', createCsv(), 'a,b\n1,2\n3,"4\n5"\n', ['b', 'a']],
    ['NDJSON', jsonLines, NESTED, ['a.b']],
    ['W3C logs', createAccessLog(), W3C, ['time', 'path', 'status']],
    ["Matomo's visits log", matomo, JSON.stringify(VISITS), ['time', 'path', 'title', 'type', 'country']],
    ['a report of Google Analytics', createGa4(undefined), JSON.stringify(REPORT), ['date', 'views']],
  ] as [string, Importer, string, string[]][])(
    'of %s are read alone, whichever of them',
    async (_, importer, input, columns) => {
      const { cells, kept } = await readOf(importer, input, columns)
      expect(cells.length).toBeGreaterThan(1)
      expect(await readAgain(importer, kept, columns)).toEqual(cells)
      for (const [at, one] of kept.entries()) {
        expect(await readAgain(importer, [one], columns)).toEqual([cells[at]])
      }
    },
  )

  it('that were under several headers are each read below their own', async () => {
    const one = await readOf(createCsv(), 'a,b\n1,2\n', ['b'])
    const other = await readOf(createCsv(), 'b,a\n3,4\n', ['b'])
    const kept = [...one.kept, ...other.kept, ...one.kept]
    expect(await readAgain(createCsv(), kept, ['b'])).toEqual([['2'], ['3'], ['2']])
  })

  it('of dumpdata are refused, because they refer to others', async () => {
    await expect(django.prepare(['dump.json.rejects.ndjson'], {})()).rejects.toThrow('mend the dump')
  })
})
