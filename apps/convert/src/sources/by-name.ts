import { accessLog } from './access-log/access-log.ts'
import { csv } from './csv.ts'
import { ndjson } from './ndjson.ts'
import type { Source } from './source.ts'

const SOURCES = {
  csv,
  ndjson,
  'access-log': accessLog,
} satisfies Record<string, Source>

/** The sources that can be read. */
export type SourceName = keyof typeof SOURCES

/** Their names, in the order in which help lists them. */
export const SOURCE_NAMES = Object.keys(SOURCES) as SourceName[]

/** The source of a name. */
export function sourceOf(name: SourceName): Source {
  return SOURCES[name]
}
