import type { MappedRow } from '../import/batches.ts'
import { readBytes } from '../inputs/bytes.ts'
import type { Input } from '../inputs/inputs.ts'
import { columnsOfMapping, compileMapping, type Mapping } from '../mapping/mapping.ts'
import type { Importer } from '../sources/importer.ts'

/** What rows are read from, and how they become events. */
export interface Reading {
  inputs: readonly Input[]
  importer: Importer
  mapping: Mapping
}

/** Reads every input, in order, and maps its rows. @param onBytes hears how much was read */
export async function* mapRows(
  { inputs, importer, mapping }: Reading,
  onBytes: (count: number) => void,
): AsyncGenerator<MappedRow[]> {
  const map = compileMapping(mapping)
  const columns = columnsOfMapping(mapping)
  for (const input of inputs) {
    for await (const rows of importer.read(readBytes(input, onBytes), columns)) {
      yield rows.map((row) => ({
        origin: { input: input.name, line: row.line, text: row.text },
        mapped: map(row),
      }))
    }
  }
}

/**
 * Reads the beginning of every file, so that a column that one of them does not have is found before anything is
 * sent. Standard input and pipes can be read once only and are found out when their turn comes.
 * @throws ConvertError naming the column and the nearest there is
 */
export async function checkColumns({ inputs, importer, mapping }: Reading): Promise<void> {
  const columns = columnsOfMapping(mapping)
  for (const input of inputs) {
    if (input.size === undefined) continue
    for await (const _ of importer.read(
      readBytes(input, () => {}),
      columns,
    ))
      break
  }
}
