import { isDatabase } from '../databases/address.ts'
import { wrongUsage } from '../error.ts'
import type { Source, Table } from './source.ts'

/**
 * How a source that reads databases as well as files opens its inputs.
 * @param tableOf gives what is read of a database
 * @param openFiles opens the inputs where they are files
 */
export function databasesOrFiles(
  tableOf: (url: string) => Table,
  openFiles: Source['prepare'],
): Source['prepare'] {
  return (inputs, flags) => {
    const databases = inputs.filter(isDatabase)
    if (databases.length === 0) return openFiles(inputs, flags)
    if (databases.length < inputs.length) throw wrongUsage('give databases or files, not both')
    return () => Promise.resolve(databases.map(tableOf))
  }
}
