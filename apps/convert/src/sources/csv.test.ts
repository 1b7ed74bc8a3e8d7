import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCsv } from './csv.ts'
import { importerContract, readAll } from './importer.contract.ts'

const importer = createCsv()
const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
const line = (cells: readonly string[]) => cells.map(quoted).join(',')
importerContract('csv', {
  importer,
  render: (columns, records) =>
    [line(columns), ...records.map((record) => (typeof record === 'string' ? record : line(record)))].join(
      '\r\n',
    ),
  broken: '"1" and more,2',
})

const read = (input: string | Uint8Array, columns = ['a', 'b'], options = {}) =>
  readAll({ importer: createCsv(options) }, input, columns)
const cellsOf = async (input: string, columns?: string[], options?: object) =>
  (await read(input, columns, options)).map(({ cells }) => cells)

describe('a table', () => {
  it('is read as csv-parse reads it', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '1', ' ', ',', '"', '\n', '\r\n', 'é') })
    const record = fc.tuple(cell, cell).filter((cells) => cells.some((text) => text !== ''))
    const end = fc.constantFrom('\n', '\r\n')
    // Cells without signs stand with and without quotes.
    const written = (text: string, quote: boolean) => (quote || /[",\r\n]/.test(text) ? quoted(text) : text)
    await fc.assert(
      fc.asyncProperty(
        fc.array(record),
        end,
        fc.boolean(),
        fc.boolean(),
        async (records, eol, quote, last) => {
          const lines = records.map((cells) => cells.map((text) => written(text, quote)).join(','))
          const input = ['a,b', ...lines].join(eol) + (last ? eol : '')
          const expected: string[][] = parse(input, { from: 2, skip_empty_lines: true })
          expect(await cellsOf(input)).toEqual(expected)
        },
      ),
    )
  })

  it('counts lines, also those inside quotes and blank ones', async () => {
    const rows = await read('a,b\r\n1,"x\r\ny"\r\n\r\n2,z\r\n')
    expect(rows).toEqual([
      { line: 2, text: '1,"x\r\ny"', cells: ['1', 'x\r\ny'] },
      { line: 5, text: '2,z', cells: ['2', 'z'] },
    ])
  })

  it.each([
    ['a;b\n1,5;2\n', [['1,5', '2']]],
    ['a\tb\n1\t2\n', [['1', '2']]],
    ['a|b\n1|2', [['1', '2']]],
    ['"a;c",b\n1,2', undefined],
  ])('finds the delimiter in the header %o', async (input, cells) => {
    if (cells) expect(await cellsOf(input)).toEqual(cells)
    else expect(await cellsOf(input, ['a;c', 'b'])).toEqual([['1', '2']])
  })

  it('takes the delimiter that it is told', async () => {
    expect(await cellsOf('a,b;c\n1,2;3\n', ['a,b', 'c'], { delimiter: ';' })).toEqual([['1,2', '3']])
  })

  it('may end its lines as old Macs did', async () => {
    expect(await cellsOf('a,b\r1,2\r3,4')).toEqual([
      ['1', '2'],
      ['3', '4'],
    ])
  })

  it('may hold quotes inside cells that do not begin with one', async () => {
    expect(await cellsOf('a,b\n5" pipe,2\n')).toEqual([['5" pipe', '2']])
  })

  it('loses one line, not the rest, to a quote that is never closed', async () => {
    const rows = await read('a,b\n1,"x\n2,y\n3,z\n')
    expect(rows).toMatchObject([
      { line: 2, text: '1,"x', problem: expect.stringContaining('not closed') },
      { line: 3, cells: ['2', 'y'] },
      { line: 4, cells: ['3', 'z'] },
    ])
  })

  it('loses one line to a quote that is not closed for megabytes', async () => {
    const rows = await read(`a,b\n1,"x\n${'2,y\n'.repeat(600_000)}`)
    expect(rows).toHaveLength(600_001)
    expect(rows[0]).toMatchObject({ line: 2, problem: expect.stringContaining('longer than') })
    expect(rows.at(-1)).toMatchObject({ line: 600_002, cells: ['2', 'y'] })
  })

  it('reports records with too many or too few columns, and the header where it comes once more', async () => {
    expect(await read('a,b\n1\n1,2,3\na,b\n1,2\n')).toMatchObject([
      { line: 2, problem: '1 columns where the header has 2' },
      { line: 3, problem: '3 columns where the header has 2' },
      { line: 4, problem: 'the header once more' },
      { line: 5, cells: ['1', '2'] },
    ])
  })

  it('refuses a column that the header has twice, and a header that is broken', async () => {
    await expect(read('a,a,b\n1,2,3')).rejects.toThrow('"a" twice')
    await expect(read('a,"b\n')).rejects.toThrow('header on line 1')
  })

  it('is read from UTF-16 with a byte-order mark', async () => {
    const rows = await read(Buffer.from('\ufeffa,b\r\n1,é\r\n', 'utf16le'))
    expect(rows.map(({ cells }) => cells)).toEqual([['1', 'é']])
  })
})
