import type { SourceName } from '../settings/settings.ts'
import { createCsv } from './csv.ts'
import type { Importer } from './importer.ts'
import { ndjson } from './ndjson.ts'

/** The importer of a source. */
export function importerOf(source: SourceName, delimiter: string | undefined): Importer {
  switch (source) {
    case 'csv':
      return createCsv(delimiter === undefined ? {} : { delimiter })
    case 'ndjson':
      return ndjson
  }
}
