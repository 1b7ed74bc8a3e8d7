import { createCsv } from './csv.ts'
import { FILES, ONLY, openFiles } from './files.ts'
import type { Source } from './source.ts'

/** The CSV export of GoatCounter, one row a hit. The digits before its first column are the format's version. */
export const goatcounter: Source = {
  about: 'read the CSV export of GoatCounter: one row a page view or event',
  inputs: FILES,
  columns: 'COLUMN is one of the file, such as Path, Title, Event, Bot, Referrer, Location, Date',
  options: [ONLY],
  defaults: { parent: 'Path', at: 'Date', userAgent: 'UserAgent' },
  prepare: openFiles(() =>
    createCsv({
      delimiter: ',',
      rename: ([first = '', ...others]) => [first.replace(/^\d+(?=[A-Z])/, ''), ...others],
    }),
  ),
}
