import { shownAddress } from '../databases/address.ts'
import { type Database, openDatabase, unreadable, type Value } from '../databases/database.ts'
import { type Row, unknownColumns } from './importer.ts'
import type { Table } from './source.ts'

/**
 * The table that a query answers. Its rows are numbered from 1.
 * @param queryOf gives the query for these columns, and what makes of a value the cell of a column
 */
export function queryTable(
  url: string,
  queryOf: (
    database: Database,
    columns: readonly string[],
  ) => Promise<{ sql: string; cell?(column: string, value: string): string }>,
): Table {
  return {
    name: shownAddress(url),
    size: undefined,
    rereadable: true,
    async *read(columns) {
      const database = await openDatabase(url)
      try {
        const { sql, cell } = await queryOf(database, columns)
        yield* rowsOf(database, sql, columns, cell)
      } catch (error) {
        throw unreadable(url, error)
      } finally {
        await database.close()
      }
    },
  }
}

async function* rowsOf(
  database: Database,
  sql: string,
  asked: readonly string[],
  cell: (column: string, value: string) => string = (_, value) => value,
): AsyncGenerator<Row[]> {
  let line = 0
  let places: number[] | undefined
  for await (const { columns, rows } of database.stream(sql)) {
    // Nothing came, so that nobody can say what its columns are.
    if (columns.length === 0) return
    places ??= placesOf(columns, asked)
    const known = places
    yield rows.map((row): Row => {
      line++
      const cells = known.map((place, index) => withCell(row[place], asked[index] as string, cell))
      return { line, text: JSON.stringify(row), cells }
    })
  }
}

function placesOf(columns: readonly string[], asked: readonly string[]): number[] {
  const missing = asked.filter((name) => !columns.includes(name))
  if (missing.length > 0) throw unknownColumns(missing, columns, 'in what the query answers')
  return asked.map((name) => columns.indexOf(name))
}

function withCell(value: Value, column: string, cell: (column: string, value: string) => string): Value {
  return value === undefined ? undefined : cell(column, value)
}
