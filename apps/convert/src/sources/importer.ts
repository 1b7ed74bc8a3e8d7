import { suggestion } from '@trackable/dataset'
import { wrongUsage } from '../error.ts'
import type { Cells } from '../expression/compile.ts'

/** A row of a source: the columns that were asked for, or why it could not be read. */
export type Row = {
  /** The line on which it begins, or the number of the row where there are no lines, from 1. */
  line: number
  /** As it stands in the input, without the end of the line. */
  text: string
} & ({ cells: Cells; problem?: undefined } | { cells?: undefined; problem: string })

/** A foreign format. */
export interface Importer {
  /**
   * Turns bytes into rows, in groups, in order. `columns` are the names whose cells each row carries, in that order.
   * A row that cannot be read has a `problem` and never stops the rest.
   * @param onHeader hears what a row of the input needs to be read alone
   * @throws ConvertError for a column that the input does not have, before its first row
   */
  read(
    bytes: AsyncIterable<Uint8Array>,
    columns: readonly string[],
    onHeader?: (text: string) => void,
  ): AsyncGenerator<Row[]>
}

/** A row longer than this, in characters, is a problem instead of a row, so that memory stays flat. */
export const LONGEST_ROW = 1024 * 1024

/** The error for columns that an input does not have. */
export function unknownColumns(missing: readonly string[], there: readonly string[], where: string): Error {
  const each = missing.map((name) => `no column ${JSON.stringify(name)} ${where}; ${suggestion(name, there)}`)
  return wrongUsage(each.join('\n'))
}
