import type { Field } from '@trackable/dataset'
import { isSubtractable } from '@trackable/dataset/fold'
import type { RejectCode } from '@trackable/protocol'
import {
  type Cells,
  columnsOf,
  compileCondition,
  compileValue,
  type Evaluate,
  isNotDecimal,
  type NotDecimal,
} from '../expression/compile.ts'
import { type Decimal, decimalText, trim, wireValue } from '../expression/decimal.ts'
import type { Condition, Value } from '../expression/parse.ts'
import type { Row } from '../sources/importer.ts'
import { createReadTime } from './time.ts'

/** What a field of an event is made of. */
export interface MappedField {
  name: string
  value: Value
  /** As the collector declares it; a number that is added up where no collector was asked. */
  kind?: Field['kind'] | undefined
}

/** How rows become events. */
export interface Mapping {
  dataset: string
  /** The column with the parent. */
  parent: string
  /** Takes the parent out of that column: its first group, or all of it. What it does not match is left out. */
  pathToParent?: RegExp | undefined
  /** The column with the time, or the one time of every event, in milliseconds since 1970. */
  at: string | number
  fields: readonly MappedField[]
  dimensions: readonly { name: string; column: string }[]
  where: Condition | undefined
  /** IANA zone of times that name none. */
  zone: string
  /** The column with the visitor's user agent, for the collector to tell bots by. */
  userAgent?: string | undefined
}

/** Why a row became no event: a code of the wire, or `invalid_row` where it could not even be read. */
export interface Rejection {
  code: RejectCode | 'invalid_row'
  reason: string
}

/** An event as it will be sent. */
export interface MappedEvent {
  /** The event of the wire, as JSON. */
  json: string
  parent: string
  /** Milliseconds since 1970. */
  at: number
  userAgent: string | undefined
}

/** What a row became; `left out` by the option that says so. */
export type Mapped =
  | { kind: 'event'; event: MappedEvent }
  | { kind: 'rejected'; rejection: Rejection }
  | { kind: 'left out'; by: '--where' | '--path-to-parent' }

// Longer than any event that a collector takes, short enough for a thousand of them to be few megabytes.
const MOST_BYTES = 64 * 1024
// The years 1 to 9999, which ISO 8601 writes with four digits.
const FIRST_TIME = Date.parse('0001-01-01')
const END_OF_TIME = Date.UTC(10_000, 0)

/** Every column that a mapping reads, each once. */
export function columnsOfMapping(mapping: Mapping): string[] {
  const { parent, at, fields, dimensions, where, userAgent } = mapping
  return [
    ...new Set([
      parent,
      ...(typeof at === 'string' ? [at] : []),
      ...fields.flatMap(({ value }) => columnsOf(value)),
      ...dimensions.map(({ column }) => column),
      ...(where ? columnsOf(where) : []),
      ...(userAgent === undefined ? [] : [userAgent]),
    ]),
  ]
}

/** Compiles a mapping to a function of rows whose cells are those of `columnsOfMapping`. */
export function compileMapping(mapping: Mapping): (row: Row) => Mapped {
  const columns = columnsOfMapping(mapping)
  const parentOf = cell(columns, mapping.parent)
  const agentOf = mapping.userAgent === undefined ? () => undefined : cell(columns, mapping.userAgent)
  const { pathToParent } = mapping
  const timeOf = compileTime(mapping, columns)
  const fieldsOf = compileFields(mapping.fields, columns)
  const dimensionsOf = compileDimensions(mapping.dimensions, columns)
  const head = `{"dataset":${JSON.stringify(mapping.dataset)},"parent":`
  const holds = mapping.where && compileCondition(mapping.where, columns)
  return (row) => {
    if (!row.cells) return rejected('invalid_row', row.problem)
    const wanted = holds?.(row.cells) ?? true
    if (isNotDecimal(wanted)) return rejected('invalid_value', notDecimal(wanted))
    if (!wanted) return { kind: 'left out', by: '--where' }
    const whole = parentOf(row.cells)
    const parent = pathToParent && whole ? partOf(whole, pathToParent) : whole
    if (parent === undefined && whole) return { kind: 'left out', by: '--path-to-parent' }
    if (!parent) return rejected('invalid_parent', `column ${JSON.stringify(mapping.parent)} is empty`)
    const at = timeOf(row.cells)
    if (typeof at === 'string') return rejected('invalid_time', at)
    const fields = fieldsOf(row.cells)
    if (isNotDecimal(fields)) return rejected('invalid_value', notDecimal(fields))
    const userAgent = agentOf(row.cells)
    // Put together by hand: as one object through JSON.stringify it took a quarter of the time of a whole run.
    const json = `${head}${JSON.stringify(parent)},"at":"${new Date(at).toISOString()}","fields":{${fields.json}}${dimensionsOf(row.cells)}${userAgent ? `,"userAgent":${JSON.stringify(userAgent)}` : ''}}`
    if (json.length > MOST_BYTES) return rejected('invalid_value', `an event of ${json.length} characters`)
    return { kind: 'event', event: { json, parent, at, userAgent } }
  }
}

function partOf(text: string, pattern: RegExp): string | undefined {
  const match = pattern.exec(text)
  return match ? (match.slice(1).find((group) => group !== undefined) ?? match[0]) : undefined
}

function compileTime({ at, zone }: Mapping, columns: readonly string[]): (cells: Cells) => number | string {
  if (typeof at === 'number') return () => at
  const textOf = cell(columns, at)
  const read = createReadTime(zone)
  return (cells) => {
    const text = textOf(cells)
    const time = text === undefined ? undefined : read(text)
    if (time !== undefined && time >= FIRST_TIME && time < END_OF_TIME) return time
    return `column ${JSON.stringify(at)} is ${shown(text)}, which is no time`
  }
}

function compileFields(fields: Mapping['fields'], columns: readonly string[]) {
  const compiled = fields.map((field): [string, Evaluate<string>] => [
    `${JSON.stringify(field.name)}:`,
    compileField(field, columns),
  ])
  return (cells: Cells): { json: string } | NotDecimal => {
    let json = ''
    for (const [name, evaluate] of compiled) {
      const value = evaluate(cells)
      if (isNotDecimal(value)) return value
      json += `${json && ','}${name}${value}`
    }
    return { json }
  }
}

/** A field's input as JSON, in the form that its kind takes. */
function compileField({ value, kind }: MappedField, columns: readonly string[]): Evaluate<string> {
  if (kind === 'unique' && value.kind === 'column') {
    const textOf = cell(columns, value.name)
    return (cells) => {
      const text = textOf(cells)
      // An empty cell is nobody: the row counts in its other fields.
      return text ? `[${JSON.stringify(text)}]` : '[]'
    }
  }
  const evaluate = compileValue(value, columns)
  // Digits that are added up go as text, which keeps them; a number that is kept as it is goes as one.
  const write = kind === undefined || isSubtractable(kind) || kind === 'custom' ? summand : numeral
  return (cells) => {
    const decimal = evaluate(cells)
    return isNotDecimal(decimal) ? decimal : write(decimal)
  }
}

function summand(decimal: Decimal): string {
  const input = wireValue(decimal)
  return typeof input === 'number' ? String(input) : `"${input}"`
}

function numeral(decimal: Decimal): string {
  return decimalText(trim(decimal))
}

function compileDimensions(dimensions: Mapping['dimensions'], columns: readonly string[]) {
  const compiled = dimensions.map(
    ({ name, column }) => [`${JSON.stringify(name)}:`, cell(columns, column)] as const,
  )
  return (cells: Cells): string => {
    let json = ''
    for (const [name, textOf] of compiled) {
      const text = textOf(cells)
      // An absent dimension is the empty text already.
      if (text) json += `${json && ','}${name}${JSON.stringify(text)}`
    }
    return json && `,"dimensions":{${json}}`
  }
}

function cell(columns: readonly string[], name: string): (cells: Cells) => string | undefined {
  const index = columns.indexOf(name)
  return (cells) => cells[index]
}

function rejected(code: Rejection['code'], reason: string): Mapped {
  return { kind: 'rejected', rejection: { code, reason } }
}

function notDecimal({ column, text }: NotDecimal): string {
  return `column ${JSON.stringify(column)} is ${shown(text)}, which is no decimal`
}

function shown(text: string | undefined): string {
  return text === undefined ? 'missing' : JSON.stringify(text.slice(0, 100))
}
