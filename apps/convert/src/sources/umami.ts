import { createCsv } from './csv.ts'
import { databasesOrFiles } from './databases-or-files.ts'
import { FILES, ONLY, openFiles } from './files.ts'
import { unknownColumns } from './importer.ts'
import { queryTable } from './query.ts'
import type { Source } from './source.ts'
import { DATABASES } from './sql.ts'

const EVENTS = 'website_event'
const SESSIONS = 'session'

/** Umami: the tables of its database, or its CSV export. Events of a session carry the session's columns too. */
export const umami: Source = {
  about: "read Umami's database, or its CSV export: one row a page view or event",
  inputs: `${DATABASES}, or ${FILES}`,
  columns:
    'COLUMN is one of website_event or session, such as url_path, hostname, event_type, country, created_at',
  options: [ONLY],
  defaults: { parent: 'url_path', at: 'created_at' },
  prepare: databasesOrFiles(
    eventTable,
    openFiles(() => table, '*website_event*.csv'),
  ),
}

const table = createCsv({ rename: (names) => names.map(snakeCase) })

function eventTable(url: string) {
  return queryTable(url, async (database, columns) => {
    const events = (await database.columns(EVENTS)).map(({ name }) => name)
    const sessions = (await database.columns(SESSIONS)).map(({ name }) => name)
    const there = [...new Set([...events, ...sessions])]
    const missing = columns.filter((name) => !there.includes(name))
    if (missing.length > 0) throw unknownColumns(missing, there, `in ${EVENTS} and ${SESSIONS}`)
    const { quoted, asText } = database
    const chosen = columns.map((name) => {
      const from = events.includes(name) ? 'e' : 's'
      return `${asText(`${from}.${quoted(name)}`)} as ${quoted(name)}`
    })
    return {
      sql: `select ${chosen.join(', ')} from ${quoted(EVENTS)} e left join ${quoted(SESSIONS)} s
        on s.${quoted('session_id')} = e.${quoted('session_id')} order by e.${quoted('created_at')}, e.${quoted('event_id')}`,
    }
  })
}

function snakeCase(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase()
}
