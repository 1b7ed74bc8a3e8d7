import { type TrackerCode, TrackerError } from './error.ts'
import type { RecordOptions } from './types.ts'

/** Most bytes of a batch's events, and so of one event: what a beacon takes, with room for the rest of the body. */
export const BATCH_BYTES = 48 * 1024

/** An event as it is sent: `head`, `step` and `tail` one after the other. */
export interface EncodedEvent {
  head: string
  /** What is added or subtracted; empty where the event is no single step. */
  step: number | ''
  tail: string
  /** Steps with the same name here may be added up to one event. Empty: never. */
  merge: string
}

/**
 * Encodes one step of an additive field.
 * @throws TrackerError naming dataset and field, when the shape of a value is wrong.
 */
export function encodeStep(dataset: unknown, parent: unknown, field: unknown, step: unknown): EncodedEvent {
  const start = headOf(dataset, parent)
  expect(typeof field === 'string', 'unknown_field', dataset, field, 'a name')
  expect(Number.isFinite(step), 'invalid_value', dataset, step, 'a number', field)
  const at = new Date()
  const head = `${start}{${JSON.stringify(field)}:`
  // Steps down stay apart from steps up: a key that may not subtract would otherwise do it unseen.
  const merge = Number.isSafeInteger(step) ? head + Math.sign(step as number) + minuteOf(at) : ''
  return { head, step: step as number, tail: `},"at":${JSON.stringify(at)}}`, merge }
}

/**
 * Encodes an event with any fields. Whether they exist and fit is the collector's to say.
 * @throws TrackerError naming dataset and field or dimension, when the shape of a value is wrong.
 */
export function encodeRecord(
  dataset: unknown,
  parent: unknown,
  fields: object,
  { dimensions = {}, at = new Date() }: RecordOptions,
): EncodedEvent {
  const head = headOf(dataset, parent)
  for (const [name, value] of Object.entries(fields)) {
    const fits = typeof value === 'number' ? Number.isFinite(value) : /str|obj|und/.test(typeof value)
    expect(fits, 'invalid_value', dataset, value, 'a number, text, list or object', name)
  }
  for (const [name, value] of Object.entries(dimensions)) {
    expect(typeof value === 'string', 'invalid_value', dataset, value, 'text', name)
  }
  const time = new Date(at)
  expect(time.getTime() >= 0, 'invalid_time', dataset, at, 'a date')
  const tail = JSON.stringify({ at: time, dimensions }).slice(1)
  return { head: `${head + JSON.stringify(fields)},`, step: '', tail, merge: '' }
}

/** The bytes of a JSON text in UTF-8; JSON has no lone surrogates, on which this would throw. */
export function utf8Bytes(json: string): number {
  return encodeURI(json).replace(/%../g, '.').length
}

function headOf(dataset: unknown, parent: unknown): string {
  expect(typeof dataset === 'string', 'unknown_dataset', dataset, dataset, 'a name')
  const fits = Number.isSafeInteger(parent) || /str|big/.test(typeof parent)
  expect(fits, 'invalid_parent', dataset, parent, 'text or a whole number')
  return `{"dataset":${JSON.stringify(dataset)},"parent":${JSON.stringify(`${parent}`)},"fields":`
}

function minuteOf(time: Date): number {
  return Math.floor(time.getTime() / 60_000)
}

function expect(
  fits: boolean,
  code: TrackerCode,
  dataset: unknown,
  value: unknown,
  wanted: string,
  part?: unknown,
): void {
  if (fits) return
  const got = `${typeof value} ${String(value).slice(0, 60)}`
  const message = `${String(dataset)}, ${part ?? code}: expected ${wanted}, got ${got}`
  throw new TrackerError(code, message, String(dataset), part as string)
}
