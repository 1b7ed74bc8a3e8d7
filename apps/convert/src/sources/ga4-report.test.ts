import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createGa4 } from './ga4.ts'
import { readAll } from './importer.contract.ts'
import { type JsonPiece, jsonRowsOf } from './json-rows.ts'
import { readRejects } from './rejects.ts'

const HEADERS = {
  dimensionHeaders: [{ name: 'date' }, { name: 'pagePath' }],
  metricHeaders: [{ name: 'screenPageViews' }],
}
const COLUMNS = ['date', 'pagePath', 'screenPageViews']
const rowOf = (path: string, views: number) => ({
  dimensionValues: [{ value: '20200101' }, { value: path }],
  metricValues: [{ value: String(views) }],
})
const reportOf = (rows: object[], timeZone = 'UTC') => ({ ...HEADERS, rows, metadata: { timeZone } })
const read = (text: string, zone?: string) => readAll({ importer: createGa4(zone) }, text, COLUMNS)
async function* bytesOf(text: string, size = 65_536) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

it('values and their rows come out as they are, wherever the text was cut', async () => {
  const row = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 })
  const value = fc.record({ 'a"rows': fc.jsonValue(), rows: fc.array(row), z: fc.constant('"rows": [') })
  const given = fc.array(value.map((one) => JSON.parse(JSON.stringify(one))))
  const size = fc.integer({ min: 1, max: 40 })
  await fc.assert(
    fc.asyncProperty(given, size, fc.constantFrom(0, 2), async (values, step, space) => {
      const text = values.map((one) => JSON.stringify(one, null, space)).join('\n')
      async function* pieces() {
        for (let at = 0; at < text.length; at += step) yield text.slice(at, at + step)
      }
      const found: JsonPiece[] = []
      for await (const group of jsonRowsOf(pieces())) found.push(...group)
      const rows = found.flatMap((piece) => (piece.kind === 'row' ? [JSON.parse(piece.text)] : []))
      expect(rows).toEqual(values.flatMap((one) => one.rows))
      const ended = found.flatMap((piece) => (piece.kind === 'value' ? [piece.value] : []))
      expect(ended).toEqual(values.map((one) => ({ ...one, rows: [] })))
    }),
  )
})

describe('a report of the Data API', () => {
  it('loses no row, however long it is, and however the rows are written', async () => {
    const rows = Array.from({ length: 9000 }, (_, i) => rowOf(`/${'x'.repeat(2000)}/${i}`, i))
    const found = await read(JSON.stringify(reportOf(rows), null, 1))
    expect(found).toHaveLength(rows.length)
    expect(found.at(-1)?.cells).toEqual([expect.any(String), `/${'x'.repeat(2000)}/8999`, '8999'])
  }, 60_000)

  it('of which several stand in one answer has each its own zone', async () => {
    const reports = [
      reportOf([rowOf('/a', 1)], 'America/New_York'),
      { ...HEADERS },
      reportOf([rowOf('/b', 2)]),
    ]
    const found = await read(JSON.stringify({ reports }))
    expect(found.map(({ cells }) => cells)).toEqual([
      ['2020-01-01T05:00:00.000Z', '/a', '1'],
      ['2020-01-01T00:00:00.000Z', '/b', '2'],
    ])
  })

  it('is refused where it ends too early, and where it is too large to wait for its zone', async () => {
    const whole = JSON.stringify(reportOf([rowOf('/a', 1), rowOf('/b', 2)]))
    await expect(read(whole.slice(0, -30))).rejects.toThrow('ends too early')
    expect(await read(whole.slice(0, -30), 'UTC')).toMatchObject([
      { cells: expect.any(Array) },
      { cells: expect.any(Array) },
      { problem: 'no JSON of the Data API' },
    ])
    const large = reportOf(Array.from({ length: 70 }, () => rowOf('x'.repeat(1_000_000), 1)))
    await expect(read(JSON.stringify(large))).rejects.toThrow('--zone')
  }, 60_000)

  it('whose rows were rejected and mended is read by them alone', async () => {
    let header = ''
    const kept: string[] = []
    const report = reportOf([rowOf('/a', 1), rowOf('/b', 2)], 'America/New_York')
    const all = createGa4(undefined).read(bytesOf(JSON.stringify(report)), COLUMNS, (text) => {
      header = text
    })
    for await (const rows of all) {
      for (const { text } of rows) kept.push(JSON.stringify({ text, header }))
    }
    const mended = kept.join('\n').replace('/b', '/c')
    const cells: unknown[] = []
    const rejects = readRejects(bytesOf(mended), (texts) => createGa4(undefined).read(texts, COLUMNS))
    for await (const rows of rejects) cells.push(...rows.map((row) => row.cells))
    expect(cells).toEqual([
      ['2020-01-01T05:00:00.000Z', '/a', '1'],
      ['2020-01-01T05:00:00.000Z', '/c', '2'],
    ])
  })
})
