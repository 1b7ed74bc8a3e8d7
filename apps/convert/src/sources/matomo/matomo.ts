import { decodeText } from '../../inputs/text.ts'
import { beginningOf } from '../beginning.ts'
import { createCsv } from '../csv.ts'
import { FILES, ONLY, openFiles } from '../files.ts'
import type { Importer } from '../importer.ts'
import type { Source } from '../source.ts'
import { actionRows } from './actions.ts'
import { visitRows } from './visits.ts'

const DUMP = /^(?:--|\/\*|#|INSERT |REPLACE |CREATE |DROP |LOCK |SET |USE )/i

/** Matomo (once Piwik): a dump of its database, its visits log as JSON, or any of its exports as CSV. */
export const matomo: Source = {
  about: "read a dump of Matomo's database, its visits log as JSON, or its exports as CSV",
  inputs: FILES,
  columns:
    'COLUMN is one of time, url, host, path, query, title, type (page, outlink, download, search, event), or one that is written there',
  options: [ONLY],
  defaults: { parent: 'path', at: 'time' },
  prepare: openFiles(() => importer),
}

const table = createCsv()

/** Reads whichever of the three the content is. */
export const importer: Importer = {
  async *read(bytes, columns, onHeader) {
    const { text, bytes: all } = await beginningOf(bytes)
    if (text[0] === '[' || text[0] === '{') yield* visitRows(decodeText(all), columns)
    else if (DUMP.test(text)) yield* actionRows(decodeText(all), columns)
    else yield* table.read(all, columns, onHeader)
  },
}
