import { addUrl, type LogRecord } from '../access-log/record.ts'
import { type Row, unknownColumns } from '../importer.ts'
import { dumpParts } from './dump.ts'

// log_action.type and log_action.url_prefix, as Matomo's Tracker\Action and Tracker\PageUrl have them.
const TYPES: Record<string, string> = { '1': 'page', '2': 'outlink', '3': 'download', '8': 'search' }
const PREFIXES = ['http://', 'http://www.', 'https://', 'https://www.']
const DERIVED = ['time', 'url', 'host', 'path', 'query', 'title', 'type'] as const

type Values = Record<string, string | undefined>

interface Action {
  name: string
  type: string | undefined
}

/**
 * The actions of a dump of Matomo's database: a row for each of `log_link_visit_action`, with the names that its
 * `log_action` has for them. The names stay in memory. Matomo's times are UTC.
 */
export async function* actionRows(
  pieces: AsyncIterable<string>,
  columns: readonly string[],
): AsyncGenerator<Row[]> {
  const tables = new Map<string, string[]>()
  const actions = new Map<string, Action>()
  let checked = false
  for await (const parts of dumpParts(pieces)) {
    const rows: Row[] = []
    for (const part of parts) {
      if (part.kind === 'table') tables.set(part.name, part.columns)
      if (part.kind === 'broken') rows.push({ line: part.line, text: part.text, problem: 'no row of a dump' })
      if (part.kind !== 'row') continue
      const { line, text } = part
      const names = part.columns ?? tables.get(part.table)
      if (/(^|_)log_action$/.test(part.table)) keep(actions, valuesOf(names, part.values))
      if (!/(^|_)log_link_visit_action$/.test(part.table)) continue
      if (!checked) check(columns, names ?? [])
      checked = true
      if (names?.length !== part.values.length) {
        rows.push({
          line,
          text,
          problem: `${part.values.length} values where the table has ${names?.length}`,
        })
        continue
      }
      const values = { ...valuesOf(names, part.values) }
      const all: Values = { ...values, ...derived(values, actions) }
      rows.push({ line, text, cells: columns.map((name) => all[name]) })
    }
    if (rows.length > 0) yield rows
  }
}

function check(columns: readonly string[], names: readonly string[]): void {
  const there = [...DERIVED, ...names]
  const missing = columns.filter((name) => !there.includes(name))
  if (missing.length > 0) throw unknownColumns(missing, there, 'in log_link_visit_action')
}

function keep(actions: Map<string, Action>, { idaction, name, type, url_prefix: prefix }: Values): void {
  if (idaction === undefined || name === undefined) return
  const whole = prefix === undefined ? name : (PREFIXES[Number(prefix)] ?? '') + name
  actions.set(idaction, { name: whole, type })
}

function derived(values: Values, actions: ReadonlyMap<string, Action>): Values {
  const url = actions.get(values.idaction_url ?? '')
  const record: LogRecord = {}
  if (url) addUrl(record, /^[a-z]+:\/\//i.test(url.name) ? url.name : `http://${url.name}`)
  return {
    time: values.server_time && `${values.server_time}Z`,
    url: url?.name,
    host: record.host,
    path: record.path,
    query: record.query,
    title: actions.get(values.idaction_name ?? '')?.name,
    type: values.idaction_event_category ? 'event' : TYPES[url?.type ?? ''],
  }
}

function valuesOf(names: readonly string[] | undefined, values: readonly (string | undefined)[]): Values {
  return Object.fromEntries(names?.map((name, index) => [name, values[index]]) ?? [])
}
