import { expect, it } from 'vitest'
import type { MappedRow } from '../import/batches.ts'
import { createCsv } from '../sources/csv.ts'
import { mapRows } from './rows.ts'

it('a row keeps the header that it was read under, also when another one has come since', async () => {
  let header: string | undefined
  const table = {
    name: 'a.csv',
    size: undefined,
    rereadable: false,
    get header() {
      return header
    },
    async *read(columns: readonly string[]) {
      for (const text of ['id,n\n1,2\n', 'n,id\n2,1\n']) {
        async function* bytes() {
          yield Buffer.from(text)
        }
        yield* createCsv().read(bytes(), columns, (first) => {
          header = first
        })
      }
    },
  }
  const mapping = { dataset: 'd', parent: 'id', at: 0, fields: [], dimensions: [], zone: 'UTC' }
  const rows: MappedRow[] = []
  const all = { ...mapping, pathToParent: undefined, where: undefined, userAgent: undefined }
  for await (const group of mapRows([table], all, () => {})) rows.push(...group)
  expect(rows.map(({ origin }) => origin.table.header)).toEqual(['id,n', 'n,id'])
})
