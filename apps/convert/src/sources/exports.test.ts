import { describe, expect, it } from 'vitest'
import { createCsv } from './csv.ts'
import { createGa4 } from './ga4.ts'
import { goatcounter } from './goatcounter.ts'
import { readAll } from './importer.contract.ts'
import { readRejects } from './rejects.ts'

const REPORT = {
  reports: [
    {
      dimensionHeaders: [{ name: 'date' }, { name: 'pagePath' }],
      metricHeaders: [{ name: 'screenPageViews' }],
      metadata: { timeZone: 'America/New_York' },
      rows: [{ dimensionValues: [{ value: '20200101' }, { value: '/' }], metricValues: [{ value: '3' }] }],
    },
  ],
}
const GA4 = ['date', 'pagePath', 'screenPageViews']

describe('an export of Google Analytics 4', () => {
  it('has its days in the zone of the report, or in the one that was given', async () => {
    const text = JSON.stringify(REPORT, null, 2)
    const [own] = await readAll({ importer: createGa4(undefined) }, text, GA4)
    expect(own?.cells).toEqual(['2020-01-01T05:00:00.000Z', '/', '3'])
    const [given] = await readAll({ importer: createGa4('Europe/Berlin') }, text, GA4)
    expect(given?.cells?.[0]).toBe('2019-12-31T23:00:00.000Z')
  })

  it('is read as CSV, below the lines that begin with #', async () => {
    const text = '# ---\n# Pages\n# ---\n\nPage path and screen class,Date,Views\n/a,20200101,3\n'
    const [row] = await readAll({ importer: createGa4(undefined) }, text, GA4)
    expect(row).toMatchObject({ line: 6, cells: ['20200101', '/a', '3'] })
  })

  it('refuses a column that the report does not have', async () => {
    const reading = readAll({ importer: createGa4(undefined) }, JSON.stringify(REPORT), ['pagePth'])
    await expect(reading).rejects.toThrow(/no column "pagePth" in the report; did you mean "pagePath"/)
  })
})

it('the first column of GoatCounter goes without the version before it', async () => {
  const open = goatcounter.prepare(['missing.csv'], {})
  await expect(open()).rejects.toThrow('missing.csv')
  const importer = createCsv({
    rename: ([first = '', ...others]) => [first.replace(/^\d+(?=[A-Z])/, ''), ...others],
  })
  const rows = await readAll({ importer }, '2Path,Date\n/a,2020-01-01T00:00:00Z\n2Path,Date\n', ['Path'])
  expect(rows).toMatchObject([{ cells: ['/a'] }, { problem: 'the header once more' }])
})

it('a table without a header is read under the names that were given', async () => {
  const rows = await readAll({ importer: createCsv({ columns: ['a', 'b'] }) }, '1,2\n3,4\n', ['b'])
  expect(rows.map(({ cells }) => cells)).toEqual([['2'], ['4']])
})

it('rejected rows that were mended are read below the header that they were under', async () => {
  const kept = [
    { line: 2, text: '1,2', header: 'a,b' },
    { line: 9, text: '3,"4"', header: 'a,b' },
  ]
  async function* bytes() {
    yield Buffer.from(kept.map((row) => JSON.stringify(row)).join('\n'))
  }
  const cells = []
  for await (const rows of readRejects(bytes(), (all) => createCsv().read(all, ['b']))) {
    cells.push(...rows.map((row) => row.cells))
  }
  expect(cells).toEqual([['2'], ['4']])
})
