import { readBytes } from '../inputs/bytes.ts'
import { findInputs, type Input, namesLike, REJECTS_ENDING } from '../inputs/inputs.ts'
import type { Importer } from './importer.ts'
import { readRejects } from './rejects.ts'
import type { Source, Table } from './source.ts'

/** What inputs are where they are files. */
export const FILES = 'files (also .gz, .bz2, .zst), .zip archives, folders, or - for standard input'

/** The option of which files of folders and archives are read. */
export const ONLY = [
  '--only <pattern>',
  'which files of folders and archives, such as "*pages*.csv"',
] as const

/**
 * How a source of files opens its inputs. A file of rejected rows that is named is read as the rows in it.
 * @param only which files of folders and archives where `--only` names none
 */
export function openFiles(
  importer: (flags: Parameters<Source['prepare']>[1]) => Importer,
  only?: string,
): Source['prepare'] {
  return (paths, flags) => {
    const read = importer(flags)
    const pattern = flags.only ?? only
    return async () => {
      const inputs = await findInputs(paths, pattern === undefined ? undefined : namesLike(pattern))
      return inputs.map((input) => fileTable(input, read))
    }
  }
}

function fileTable(input: Input, importer: Importer): Table {
  let header: string | undefined
  return {
    name: input.name,
    size: input.size,
    rereadable: input.size !== undefined,
    get header() {
      return header
    },
    read(columns, onBytes) {
      const bytes = readBytes(input, onBytes)
      const begin = (text: string) => {
        header = text
      }
      return input.name.endsWith(REJECTS_ENDING)
        ? readRejects(bytes, (rows) => importer.read(rows, columns, begin))
        : importer.read(bytes, columns, begin)
    },
  }
}
