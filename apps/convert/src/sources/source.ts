import type { Flags } from '../settings/flags.ts'
import type { Row } from './importer.ts'

/** Rows of one input: a file, a file in an archive, or what a database answers. */
export interface Table {
  /** How messages and rejects call it. */
  readonly name: string
  /** Bytes; undefined where nobody knows. */
  readonly size: number | undefined
  /** Whether it can be read more than once. */
  readonly rereadable: boolean
  /** What a row of it needs to be read alone, such as a header; known once reading has begun. */
  readonly header?: string | undefined
  /**
   * Its rows, in groups, in order.
   * @param columns the names whose cells each row carries, in that order
   * @param onBytes hears how much was read
   * @throws ConvertError for a column that it does not have, before its first row
   */
  read(columns: readonly string[], onBytes: (count: number) => void): AsyncGenerator<Row[]>
}

/** A kind of thing to convert from, as the command line offers it. */
export interface Source {
  /** One line for the list of commands. */
  readonly about: string
  /** What the inputs are, for help. */
  readonly inputs: string
  /** What a COLUMN is, for help. */
  readonly columns: string
  /** Options of its own: flags and what they do. */
  readonly options?: readonly (readonly [flags: string, description: string])[]
  /** The columns that stand in where the command line names none. */
  readonly defaults?: { parent?: string; at?: string; userAgent?: string }
  /** Flags that follow from its own options, such as `--field` from `--update-fields`. @throws ConvertError */
  derive?(flags: Flags): Flags
  /** Checks its own options and gives what opens the inputs. @throws ConvertError of wrong usage */
  prepare(inputs: readonly string[], flags: Flags): () => Promise<Table[]>
}
