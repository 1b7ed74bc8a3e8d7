import type { MappedRow } from '../import/batches.ts'
import { columnsOfMapping, compileMapping, type Mapping } from '../mapping/mapping.ts'
import type { Table } from '../sources/source.ts'

/** Reads every table, in order, and maps its rows. @param onBytes hears how much was read */
export async function* mapRows(
  tables: readonly Table[],
  mapping: Mapping,
  onBytes: (count: number) => void,
): AsyncGenerator<MappedRow[]> {
  const map = compileMapping(mapping)
  const columns = columnsOfMapping(mapping)
  for (const table of tables) {
    for await (const rows of table.read(columns, onBytes)) {
      // Their header is the one of now: another may come while they wait for an answer.
      const of = { name: table.name, header: table.header }
      yield rows.map((row) => ({
        origin: { table: of, line: row.line, text: row.text },
        mapped: map(row),
      }))
    }
  }
}

/**
 * Reads the beginning of every table, so that a column that one of them does not have is found before anything is
 * sent. Standard input and pipes can be read once only and are found out when their turn comes.
 * @throws ConvertError naming the column and the nearest there is
 */
export async function checkColumns(tables: readonly Table[], mapping: Mapping): Promise<void> {
  const columns = columnsOfMapping(mapping)
  for (const table of tables) {
    if (!table.rereadable) continue
    for await (const _ of table.read(columns, () => {})) break
  }
}
