import { wrongUsage } from '../../error.ts'
import { readBytes } from '../../inputs/bytes.ts'
import { findInputs, namesLike, REJECTS_ENDING } from '../../inputs/inputs.ts'
import { databasesOrFiles } from '../databases-or-files.ts'
import { FILES, ONLY } from '../files.ts'
import { queryTable } from '../query.ts'
import type { Source, Table } from '../source.ts'
import { DATABASES } from '../sql.ts'
import { djangoQuery } from './database.ts'
import { dumpRows } from './dump.ts'
import { DAY, type DjangoOptions, deriveMapping, PARENT, readOptions } from './options.ts'

/** The tables of django-trackable and others like them, from a database or from `dumpdata`. */
export const django: Source = {
  about: 'read tables of django-trackable, from a database or from the JSON of dumpdata',
  inputs: `${DATABASES}, or ${FILES}`,
  columns:
    'COLUMN is an attribute of the model, a.b.c one over foreign keys; parent is what the row is about',
  options: [
    ['--model <app.Model>', 'the model that is read; found by its fields by default'],
    ['--update-fields <src:dst,...>', 'attributes, and the fields that they are added to'],
    ['--key-fields <src:dst,...>', 'attributes, and the dimensions that they become; dst "at" is the time'],
    ['--link-field <a.b.c>', 'the attributes that lead to the parent; its generic foreign key by default'],
    ['--match-spec <attr:app.Model[:attr]>', 'the parent is the object whose attribute is that of the row'],
    ['--content-type <app.model>', 'the kind of parent, where a table has several'],
    ['--max-records <n>', 'at most so many rows'],
    [
      '--spiders',
      "only add the Spider table's agents to the list of the collector that runs here (or --out)",
    ],
    ['--data-dir <folder>', 'with --spiders: its data folder, ./trackable-data by default'],
    ['--order-by <a,-b>', 'their order; by id by default'],
    ONLY,
  ],
  defaults: { parent: PARENT, at: DAY },
  derive: deriveMapping,
  prepare(inputs, flags) {
    const options = readOptions(flags)
    const tableOf = (url: string) =>
      queryTable(url, (database, columns) => djangoQuery(database, options, columns))
    return databasesOrFiles(
      tableOf,
      (paths, { only }) =>
        () =>
          openDumps(paths, only, options),
    )(inputs, flags)
  },
}

async function openDumps(
  paths: readonly string[],
  only: string | undefined,
  options: DjangoOptions,
): Promise<Table[]> {
  const rejects = paths.find((path) => path.endsWith(REJECTS_ENDING))
  if (rejects !== undefined) {
    throw wrongUsage(
      `${rejects}: rows of dumpdata cannot be read without those that they refer to; mend the dump`,
    )
  }
  const inputs = await findInputs(paths, only === undefined ? undefined : namesLike(only))
  const stream = inputs.find(({ size }) => size === undefined)
  if (stream)
    throw wrongUsage(`${stream.name} can be read once only, and dumpdata is read twice; save it to a file`)
  return inputs.map((input) => ({
    name: input.name,
    size: input.size,
    rereadable: true,
    read: (columns, onBytes) => dumpRows(() => readBytes(input, onBytes), options, columns),
  }))
}
