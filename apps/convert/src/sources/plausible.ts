import { createCsv } from './csv.ts'
import { FILES, ONLY, openFiles } from './files.ts'
import type { Source } from './source.ts'

/** The CSV files of an export of Plausible. Its pages are read unless `--only` names others. */
export const plausible: Source = {
  about: 'read an export of Plausible: numbers by day and page',
  inputs: FILES,
  columns: 'COLUMN is one of the file, such as date, page, hostname, pageviews, visitors',
  options: [ONLY],
  defaults: { parent: 'page', at: 'date' },
  prepare: openFiles(() => createCsv({ delimiter: ',' }), '*imported_pages*.csv'),
}
