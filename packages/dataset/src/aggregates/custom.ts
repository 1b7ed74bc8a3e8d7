import type { CustomField } from '../field.ts'
import { type Json, jsonText } from '../json.ts'
import type { Aggregate, StateText } from './aggregate.ts'

const FAILED = 'aggregate_failed'

/** An error that `isAggregateFailure` knows. */
function failure(message: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return Object.assign(new Error(`${message}: ${reason}`, { cause }), { code: FAILED })
}

/**
 * True for the error of a `custom()` field that threw, or gave what is no JSON; and of a stored state that is none of its
 * kind.
 */
export function isAggregateFailure(error: unknown): error is Error {
  return error instanceof Error && (error as { code?: unknown }).code === FAILED
}

/**
 * The aggregate of a `custom()` field. Its state is the JSON text of the developer's, so that whatever their functions
 * do to what they are given, no other row sees it, and what is no JSON is found at the event that made it.
 */
export function customAggregate(field: CustomField): Aggregate<Json, string, unknown> {
  const { encode, decode } = field.json ?? {
    encode: (state: unknown) => state,
    decode: (json: unknown) => json,
  }
  const guarded = <T>(step: string, act: () => T): T => {
    try {
      return act()
    } catch (error) {
      throw failure(`${step} of a custom aggregate failed`, error)
    }
  }
  const textOf = (step: string, act: () => unknown) => guarded(step, () => jsonText(encode(act())))
  const stateOf = (text: string) => decode(JSON.parse(text))
  return {
    empty: () => textOf('empty', () => field.empty()),
    add: (text, input, at) => textOf('add', () => field.add(stateOf(text), copyOf(input), at)),
    merge: (a, b) => textOf('merge', () => field.merge(stateOf(a), stateOf(b))),
    // As JSON has it: NaN, which a mean of nothing is, reads as null.
    result: (text) =>
      guarded('result', () => {
        const shown = JSON.parse(JSON.stringify(field.result(stateOf(text))) ?? 'null')
        jsonText(shown)
        return shown
      }),
  }
}

/** Reads an input of a `custom()` field; what it throws at, or makes to what is no JSON or not storable, is no input. */
export function readCustom(field: CustomField): (value: unknown) => Json | undefined {
  return (value) => {
    try {
      const input = field.input(value)
      return input === undefined ? undefined : JSON.parse(jsonText(input))
    } catch {
      return undefined
    }
  }
}

/** A custom state is kept as it is: JSON. */
export const customText: StateText<string> = {
  write: (text) => text,
  read: (text) => jsonText(JSON.parse(text)),
}

/**
 * Reads a state as it is stored.
 * @param place where it stands, for the error
 * @throws Error where it is no state of its kind: see `isAggregateFailure`
 */
export function readState<State>(text: StateText<State>, stored: string, place: () => string): State {
  try {
    return text.read(stored)
  } catch (error) {
    throw failure(`the state of ${place()} cannot be read`, error)
  }
}

/** A copy for a function that may change what it is given: the log's event goes to other tables too. */
function copyOf(input: Json): Json {
  return typeof input === 'object' && input !== null ? JSON.parse(JSON.stringify(input)) : input
}
