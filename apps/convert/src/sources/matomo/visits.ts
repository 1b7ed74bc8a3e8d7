import { addUrl, type LogRecord } from '../access-log/record.ts'
import type { Row } from '../importer.ts'
import { isObject, type JsonObject, objectIn } from '../json-object.ts'
import { jsonValuesOf } from '../json-values.ts'
import { withKnownColumns } from '../known-columns.ts'
import { memberOf } from '../ndjson.ts'

const DERIVED = ['time', 'url', 'host', 'path', 'query', 'title', 'type']

/**
 * The actions of Matomo's visits log as JSON (`Live.getLastVisitsDetails`), a row each. A column is one of `time`,
 * `url`, `host`, `path`, `query`, `title`, `type`, or a member of the action or of its visit. An object that is no
 * visit, such as a line of a report, is a row of its members.
 */
export function visitRows(pieces: AsyncIterable<string>, columns: readonly string[]): AsyncGenerator<Row[]> {
  const asked = columns.map((name) => [name, memberOf(name)] as const)
  return withKnownColumns(
    columns,
    async function* (see) {
      for await (const values of jsonValuesOf(pieces)) {
        yield values.flatMap(({ line, text }): Row[] => {
          const visit = objectIn(text)
          if (!visit) return [{ line, text: text.slice(0, 1000), problem: 'no JSON object' }]
          see(visit)
          const actions = Array.isArray(visit.actionDetails) ? visit.actionDetails.filter(isObject) : [{}]
          return actions.map((action) => {
            see(action)
            const own: Record<string, string | undefined> = derived(action)
            return {
              line,
              // An action alone, in its visit, is read like all of them.
              text: JSON.stringify(visit.actionDetails ? { ...visit, actionDetails: [action] } : visit),
              cells: asked.map(([name, member]) => own[name] ?? member(action) ?? member(visit)),
            }
          })
        })
      }
    },
    DERIVED,
  )
}

function derived({ url, timestamp, pageTitle, type }: JsonObject): Record<string, string | undefined> {
  const record: LogRecord = {}
  if (typeof url === 'string') addUrl(record, url)
  return {
    time: timestamp === undefined ? undefined : String(timestamp),
    host: record.host,
    path: record.path,
    query: record.query,
    title: typeof pageTitle === 'string' ? pageTitle : undefined,
    // Matomo's page views are called actions there.
    type: type === 'action' ? 'page' : undefined,
  }
}
