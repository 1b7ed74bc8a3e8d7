import { readFileSync } from 'node:fs'
import { isDatabase } from '../databases/address.ts'
import { ConvertError, wrongUsage } from '../error.ts'
import { queryTable } from './query.ts'
import type { Source } from './source.ts'

/** What inputs are where they are databases. */
export const DATABASES = 'databases: postgres://…, mysql://…, sqlite:FILE'

/** Any query on a database, streamed. */
export const sql: Source = {
  about: 'read what a query on Postgres, MySQL or SQLite answers',
  inputs: DATABASES,
  columns: 'COLUMN is a name in the answer',
  options: [
    ['--query <sql>', 'the query, or @FILE that holds it; with ORDER BY it can be gone on with later'],
  ],
  prepare(inputs, { query }) {
    const wrong = inputs.find((input) => !isDatabase(input))
    if (wrong !== undefined)
      throw wrongUsage(`${JSON.stringify(wrong)} is no database; expected ${DATABASES}`)
    if (!query) throw wrongUsage('--query: missing; expected a query, or @FILE')
    const text = (query.startsWith('@') ? fileText(query.slice(1)) : query).trim().replace(/;$/, '')
    return () => Promise.resolve(inputs.map((url) => queryTable(url, async () => ({ sql: text }))))
  },
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConvertError('input', `--query: ${path} cannot be read: ${(error as Error).message}`)
  }
}
