import { zoneClock } from '@trackable/dataset/fold'
import { decodeText } from '../inputs/text.ts'
import { beginningOf } from './beginning.ts'
import { createCsv } from './csv.ts'
import { FILES, ONLY, openFiles } from './files.ts'
import { type Importer, type Row, unknownColumns } from './importer.ts'
import { jsonValuesOf } from './json-values.ts'
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
const TIMES = ['date', 'dateHour', 'dateHourMinute']

interface Report {
  dimensionHeaders?: { name: string }[]
  metricHeaders?: { name: string }[]
  metadata?: { timeZone?: string }
  rows?: { dimensionValues?: { value?: string }[]; metricValues?: { value?: string }[] }[]
}

/** @param zone of the days, where somebody said; the report's own otherwise */
export function createGa4(zone: string | undefined): Importer {
  const table = createCsv({ preamble: /^#/, rename: (names) => names.map((name) => NAMES[name] ?? name) })
  return {
    async *read(bytes, columns, onHeader) {
      const { text, bytes: all } = await beginningOf(bytes)
      if (text[0] !== '{' && text[0] !== '[') yield* table.read(all, columns, onHeader)
      else yield* reportRows(all, columns, zone)
    },
  }
}

async function* reportRows(
  bytes: AsyncIterable<Uint8Array>,
  columns: readonly string[],
  zone: string | undefined,
): AsyncGenerator<Row[]> {
  for await (const values of jsonValuesOf(decodeText(bytes))) {
    for (const { line, text } of values) {
      const answer = parse(text)
      if (!answer) yield [{ line, text: text.slice(0, 1000), problem: 'no JSON of the Data API' }]
      for (const report of answer?.reports ?? (answer?.dimensionHeaders ? [answer] : [])) {
        yield rowsOf(report, columns, line, zone)
      }
    }
  }
}

function rowsOf(report: Report, columns: readonly string[], line: number, zone: string | undefined): Row[] {
  const { dimensionHeaders = [], metricHeaders = [], metadata, rows = [] } = report
  const names = [...dimensionHeaders, ...metricHeaders].map(({ name }) => name)
  const missing = columns.filter((name) => !names.includes(name))
  if (missing.length > 0) throw unknownColumns(missing, names, 'in the report')
  const places = columns.map((name) => names.indexOf(name))
  const timeOf = createTimeOf(zone ?? metadata?.timeZone)
  return rows.map(({ dimensionValues = [], metricValues = [] }): Row => {
    const cells = [...dimensionValues, ...metricValues].map(({ value }) => value)
    return {
      line,
      text: JSON.stringify(cells),
      cells: places.map((place) => {
        const cell = cells[place]
        return TIMES.includes(names[place] as string) && cell ? timeOf(cell) : cell
      }),
    }
  })
}

/** Days and hours such as 2024040317 are of the property's zone. */
function createTimeOf(zone: string | undefined): (text: string) => string {
  const clock = zoneClock(isZone(zone) ? zone : 'UTC')
  return (text) => {
    const match = /^(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?$/.exec(text)
    if (!match) return text
    const [year, month, day, hour = 0, minute = 0] = match.slice(1).map((part) => Number(part ?? 0))
    const local = Date.UTC(year as number, (month as number) - 1, day, hour, minute)
    return Number.isNaN(local) ? text : new Date(clock.fromLocal(local)).toISOString()
  }
}

function isZone(zone: string | undefined): zone is string {
  try {
    return zone !== undefined && new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined
  } catch {
    return false
  }
}

function parse(text: string): (Report & { reports?: Report[] }) | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
