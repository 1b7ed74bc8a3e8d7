import { accessLog } from './access-log/access-log.ts'
import { csv } from './csv.ts'
import { django } from './django/django.ts'
import { ga4 } from './ga4.ts'
import { goatcounter } from './goatcounter.ts'
import { matomo } from './matomo/matomo.ts'
import { ndjson } from './ndjson.ts'
import { plausible } from './plausible.ts'
import type { Source } from './source.ts'
import { sql } from './sql.ts'
import { umami } from './umami.ts'

const SOURCES = {
  django,
  csv,
  ndjson,
  sql,
  'access-log': accessLog,
  plausible,
  umami,
  goatcounter,
  matomo,
  ga4,
} satisfies Record<string, Source>

/** The sources that can be read. */
export type SourceName = keyof typeof SOURCES

/** Their names, in the order in which help lists them. */
export const SOURCE_NAMES = Object.keys(SOURCES) as SourceName[]

/** The source of a name. */
export function sourceOf(name: SourceName): Source {
  return SOURCES[name]
}
