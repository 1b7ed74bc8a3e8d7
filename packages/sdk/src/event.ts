import { type TrackerCode, TrackerError } from './error.ts'
import type { RecordOptions } from './types.ts'

/** Most bytes of a batch's events, and so of one event: what a beacon takes, with room for the rest of the body. */
export const BATCH_BYTES = 49_152

// Of an event that had nothing but arrays, where none is sent.
const WITHOUT_FIELDS = /"fields":{}}$/

/** Whose event it is, where a server passes that on. */
export interface Visitor {
  userAgent?: string
  address?: string
  /** The visitor asks for privacy: no array is sent. */
  signalled?: boolean | undefined
}

/** An event as it is sent, and how it may be merged with the next of its kind. */
export interface EncodedEvent {
  /** The JSON; the value of a step is the last in it. */
  encoded: string
  /** The size of `encoded` in UTF-8; 0 where privacy left nothing that may be sent. */
  bytes: number
  /** What it adds, where that may be merged with the next of its kind. */
  step?: number | undefined
}

/**
 * Encodes one step of an additive field.
 * @throws TrackerError naming dataset and field, when the shape of a value is wrong.
 */
export function encodeStep(dataset: unknown, parent: unknown, field: unknown, step: number): EncodedEvent {
  expect(typeof field === 'string', 'unknown_field', dataset, field)
  const event = encodeRecord(dataset, parent, { [field as string]: step })
  event.step = step
  return event
}

/**
 * Encodes an event with any fields, without the arrays in them where the visitor's browser asks for privacy. Whether
 * they exist and fit is the collector's to say.
 * @throws TrackerError naming dataset and field or dimension, when the shape of a value is wrong.
 */
export function encodeRecord(
  dataset: unknown,
  parent: unknown,
  fields: object,
  { at = new Date(), signalled, ...more }: RecordOptions & Visitor = {},
): EncodedEvent {
  expect(typeof dataset === 'string', 'unknown_dataset', dataset, dataset)
  expect(Number.isSafeInteger(parent) || /^st|^bi/.test(typeof parent), 'invalid_parent', dataset, parent)
  checkValues(dataset, fields, /^(n|st|o|u)/)
  checkValues(dataset, { ...more.dimensions }, /^st/)
  const withoutArrays = (_name: string, value: unknown) => (Array.isArray(value) ? undefined : value)
  const event = { ...more, dataset, parent: `${parent}`, at: new Date(at).toISOString(), fields }
  const text = JSON.stringify(event, signalled ? withoutArrays : undefined)
  const bytes = utf8Bytes(text)
  expect(bytes <= BATCH_BYTES, 'too_large', dataset, text)
  return { encoded: text, bytes: signalled && WITHOUT_FIELDS.test(text) ? 0 : bytes }
}

/** The bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  // A page's `TextEncoder` takes ten times as long for an event. No half of a surrogate pair is in what JSON writes.
  return encodeURI(text).replace(/%../g, '1').length
}

/** The beginning of any value as text, also of one that has none. */
export function textOf(value: unknown): string {
  try {
    return String(value).slice(0, 90)
  } catch {
    return typeof value
  }
}

function checkValues(dataset: unknown, values: object, types: RegExp): void {
  for (const [name, value] of Object.entries(values)) {
    // What JSON has no text for, such as NaN, it calls null.
    const fits = types.test(typeof value) && JSON.stringify(value) !== 'null'
    expect(fits, 'invalid_value', dataset, value, name)
  }
}

function expect(fits: boolean, code: TrackerCode, dataset: unknown, value: unknown, part?: unknown): void {
  if (fits) return
  const name = textOf(dataset)
  const message = `${name}, ${part ?? 'event'}: ${code}, got ${typeof value} ${textOf(value)}`
  throw new TrackerError(code, message, name, part as string)
}
