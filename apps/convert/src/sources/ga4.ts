import { beginningOf } from './beginning.ts'
import { createCsv } from './csv.ts'
import { FILES, ONLY, openFiles } from './files.ts'
import { reportRows } from './ga4-report.ts'
import type { Importer } from './importer.ts'
import type { Source } from './source.ts'

/** Reports of Google Analytics 4: answers of its Data API, and CSV files from its pages. */
export const ga4: Source = {
  about: 'read reports of Google Analytics 4: JSON of the Data API, or CSV',
  inputs: FILES,
  columns: 'COLUMN is a dimension or metric of the report, such as date, pagePath, screenPageViews',
  options: [ONLY],
  defaults: { parent: 'pagePath', at: 'date' },
  prepare: openFiles(({ zone }) => createGa4(zone)),
}

// What the pages of Google Analytics call the dimensions of its API.
const NAMES: Record<string, string> = {
  Date: 'date',
  'Page path': 'pagePath',
  'Page path and screen class': 'pagePath',
  'Page path + query string': 'pagePathPlusQueryString',
  'Page title': 'pageTitle',
  'Page title and screen class': 'pageTitle',
  Hostname: 'hostName',
  Views: 'screenPageViews',
  Country: 'country',
}

/** @param zone of the days, where somebody said; the report's own otherwise */
export function createGa4(zone: string | undefined): Importer {
  const table = createCsv({ preamble: /^#/, rename: (names) => names.map((name) => NAMES[name] ?? name) })
  return {
    async *read(bytes, columns, onHeader) {
      const { text, bytes: all } = await beginningOf(bytes)
      if (text[0] !== '{' && text[0] !== '[') yield* table.read(all, columns, onHeader)
      else yield* reportRows(all, columns, zone, onHeader)
    },
  }
}
