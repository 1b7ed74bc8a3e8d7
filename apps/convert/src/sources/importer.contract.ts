import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Importer, Row } from './importer.ts'

/** How a format writes records, so that one suite can test every importer. */
export interface Format {
  importer: Importer
  /** An input with these columns and records; a record given as text stands there as it is. */
  render(columns: readonly string[], records: readonly (readonly string[] | string)[]): string
  /** A line that is no record. */
  broken: string
}

/** Reads an input that comes in pieces of these sizes, over and over. */
export async function readAll(
  { importer }: Pick<Format, 'importer'>,
  input: string | Uint8Array,
  columns: readonly string[],
  sizes: readonly number[] = [65_536],
): Promise<Row[]> {
  const data = Buffer.from(input)
  async function* pieces() {
    for (let at = 0, i = 0; at < data.length; i++) {
      const size = sizes[i % sizes.length] as number
      yield data.subarray(at, at + size)
      at += size
    }
  }
  const rows: Row[] = []
  for await (const group of importer.read(pieces(), columns)) for (const row of group) rows.push(row)
  return rows
}

/** What every importer keeps. */
export function importerContract(name: string, format: Format): void {
  const cells = fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',', ';', '"', "'", 'é', '漢', '👍', '\\') })
  const records = fc.array(fc.tuple(cells, cells, cells), { maxLength: 20 })

  describe(`the importer of ${name}`, () => {
    it('gives the columns that were asked for, in that order, wherever the input was cut', async () => {
      const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 })
      await fc.assert(
        fc.asyncProperty(records, cuts, async (given, sizes) => {
          const filled = given.map((record) => ['x', ...record])
          const input = format.render(['n', 'a', 'b', 'c'], filled)
          const rows = await readAll(format, input, ['c', 'a'], sizes)
          expect(rows.map((row) => row.cells)).toEqual(given.map(([a, , c]) => [c, a]))
          expect(rows).toEqual(await readAll(format, input, ['c', 'a']))
        }),
      )
    })

    it('tells the line and the text of a record that it cannot read, and reads the rest', async () => {
      const input = format.render(['a', 'b'], [['1', '2'], format.broken, ['3', '4']])
      const rows = await readAll(format, input, ['a', 'b'])
      expect(rows.map(({ cells }) => cells)).toEqual([['1', '2'], undefined, ['3', '4']])
      const [first, broken] = rows as [Row, Row]
      expect(broken).toMatchObject({ line: first.line + 1, text: format.broken, problem: expect.any(String) })
      expect(input.split(/\r?\n/)[broken.line - 1]).toBe(format.broken)
    })

    it('refuses a column that is not there and names the nearest', async () => {
      const input = format.render(['Quantity', 'Country'], [['1', 'France']])
      await expect(readAll(format, input, ['Country', 'Quantty'])).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringMatching(/no column "Quantty".*did you mean "Quantity"\?/),
      })
    })

    it('reads nothing from an empty input', async () => {
      expect(await readAll(format, '', ['a'])).toEqual([])
    })

    it('keeps a line of many megabytes out of memory and reads what comes after it', async () => {
      const input = format.render(['a'], [['1'], 'x'.repeat(5_000_000), ['2']])
      const rows = await readAll(format, input, ['a'])
      expect(rows.map(({ cells }) => cells)).toEqual([['1'], undefined, ['2']])
      expect(rows[1]?.text.length).toBeLessThan(2_500_000)
    })
  })
}
