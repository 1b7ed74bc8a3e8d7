import { zoneClock } from '@trackable/dataset/fold'
import { ConvertError } from '../error.ts'
import { decodeText } from '../inputs/text.ts'
import { LONGEST_ROW, type Row, unknownColumns } from './importer.ts'
import { type JsonPiece, jsonRowsOf } from './json-rows.ts'
import type { Line } from './lines.ts'

/** What of a report its rows need to be read. */
interface Report {
  dimensionHeaders?: { name: string }[]
  metricHeaders?: { name: string }[]
  metadata?: { timeZone?: string }
}

interface ReportRow {
  dimensionValues?: { value?: string }[]
  metricValues?: { value?: string }[]
}

const TIMES = ['date', 'dateHour', 'dateHourMinute']
/** The zone stands behind the rows of an answer: so many characters of rows wait for it. */
const MOST_WAITING = 64 * 1024 * 1024

/**
 * The rows of answers of `runReport` and `batchRunReports`, as they come.
 * @param zone of the days, where somebody said; the report's own otherwise
 * @param onHeader hears what the rows that follow need to be read alone
 * @throws ConvertError for a report that is too large to wait for its zone
 */
export async function* reportRows(
  bytes: AsyncIterable<Uint8Array>,
  columns: readonly string[],
  zone: string | undefined,
  onHeader?: (text: string) => void,
): AsyncGenerator<Row[]> {
  const reports = createReports(columns, zone, onHeader)
  for await (const pieces of jsonRowsOf(decodeText(bytes))) {
    const rows: Row[] = []
    for (const piece of pieces) {
      const read = piece.kind === 'row' ? reports.row(piece) : undefined
      if (read) rows.push(read)
      if (piece.kind === 'row') continue
      // Those of another report have another header.
      if (rows.length > 0) yield rows.splice(0)
      const late = reports.pass(piece)
      if (late.length > 0) yield late
    }
    if (rows.length > 0) yield rows
  }
}

function createReports(
  columns: readonly string[],
  zone: string | undefined,
  onHeader: ((text: string) => void) | undefined,
) {
  /** The report whose rows come, where enough of it is known. */
  let report: Report | undefined
  let read: ((row: Line) => Row) | undefined
  let place = 0
  let waiting: Line[] = []
  let size = 0

  function begin(known: Report): (row: Line) => Row {
    onHeader?.(headerOf(known))
    return createReadRow(known, columns, zone)
  }
  function row(line: Line): Row | undefined {
    if (report) {
      read ??= begin(report)
      return read(line)
    }
    waiting.push(line)
    size += line.text.length
    if (size > MOST_WAITING) throw tooLarge(line)
    return undefined
  }
  function pass(piece: Exclude<JsonPiece, { kind: 'row' }>): Row[] {
    const { kind, value } = piece
    // Rejected rows that were mended stand alone, below what they need.
    if (kind === 'value' && isRow(value) && report) {
      return [row({ line: piece.line, text: JSON.stringify(value), tooLong: false }) as Row]
    }
    const reports = reportsOf(value)
    const late = waiting.length > 0 ? waiting.map(begin(reports[place] ?? cutOff(waiting))) : []
    waiting = []
    size = 0
    read = undefined
    if (kind === 'rows') {
      place = reports.length - 1
      const begun = reports[place]
      report = begun?.dimensionHeaders && (zone ?? begun.metadata?.timeZone) !== undefined ? begun : undefined
      return late
    }
    for (const one of reports) placesOf(one, columns)
    report = reports.at(-1)
    return report ? late : [...late, { line: piece.line, text: '', problem: 'no JSON of the Data API' }]
  }
  return { row, pass }
}

function createReadRow(
  report: Report,
  columns: readonly string[],
  zone: string | undefined,
): (row: Line) => Row {
  const { names, places } = placesOf(report, columns)
  const timeOf = createTimeOf(zone ?? report.metadata?.timeZone)
  return ({ line, text, tooLong }) => {
    if (tooLong) return { line, text, problem: `longer than ${LONGEST_ROW} characters` }
    const row = parse(text)
    if (!isRow(row)) return { line, text, problem: 'no row of a report' }
    const { dimensionValues = [], metricValues = [] } = row
    const values = [...dimensionValues, ...metricValues].map(({ value }) => value)
    const cells = places.map((at) => {
      const cell = values[at]
      return TIMES.includes(names[at] as string) && cell ? timeOf(cell) : cell
    })
    return { line, text: JSON.stringify(row), cells }
  }
}

function placesOf({ dimensionHeaders = [], metricHeaders = [] }: Report, columns: readonly string[]) {
  const names = [...dimensionHeaders, ...metricHeaders].map(({ name }) => name)
  const missing = columns.filter((name) => !names.includes(name))
  if (missing.length > 0) throw unknownColumns(missing, names, 'in the report')
  return { names, places: columns.map((name) => names.indexOf(name)) }
}

function headerOf({ dimensionHeaders, metricHeaders, metadata }: Report): string {
  return JSON.stringify({ dimensionHeaders, metricHeaders, metadata: { timeZone: metadata?.timeZone } })
}

/** The reports of an answer, or of as much of one as was read. */
function reportsOf(value: unknown): Report[] {
  if (Array.isArray(value)) return value.flatMap(reportsOf)
  const answer = (value ?? {}) as Report & { reports?: Report[] }
  return answer.reports ?? ((answer.dimensionHeaders ?? answer.metricHeaders) ? [answer] : [])
}

function isRow(value: unknown): value is ReportRow {
  const { dimensionValues, metricValues } = (value ?? {}) as ReportRow
  return Array.isArray(dimensionValues) || Array.isArray(metricValues)
}

function tooLarge({ line }: Line): ConvertError {
  const what = `line ${line}: the report is too large to wait for its time zone, which stands behind its rows`
  return new ConvertError('input', `${what}; give it with --zone`)
}

function cutOff([first]: readonly Line[]): never {
  const what = `the report whose rows begin on line ${first?.line} is damaged, or it ends too early`
  throw new ConvertError('input', `${what}; fetch it again`)
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
