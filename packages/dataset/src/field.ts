import type { Json } from './json.ts'

/** What every field may say about itself. */
export interface FieldOptions {
  /** A name for people: the dashboard's column head and the column's `comment on`. */
  label?: string
}

/** A whole number that is added to and subtracted from; int64, exact past 2^53. */
export interface CounterField {
  readonly kind: 'counter'
  readonly label?: string
}

/** An exact decimal that is added to and subtracted from. */
export interface SumField {
  readonly kind: 'sum'
  readonly label?: string
  /** Digits after the decimal point, 0 to 15. */
  readonly scale: number
}

/** The smallest or largest number, or the one that happened last. */
export interface NumberField<Kind extends 'min' | 'max' | 'last' = 'min' | 'max' | 'last'> {
  readonly kind: Kind
  readonly label?: string
}

/** The number of distinct values. */
export interface UniqueField<Of extends 'visitor' | undefined = 'visitor' | undefined> {
  readonly kind: 'unique'
  readonly label?: string
  /** `visitor`: no input, the collector counts who sends. */
  readonly of?: Of
}

/** Quantiles, sum and extremes of numbers. */
export interface DistributionField {
  readonly kind: 'distribution'
  readonly label?: string
}

/**
 * An aggregate of the developer's own. Whatever order and grouping events come in, `add` and `merge` must come to
 * states that are equal as JSON: `merge` is associative and commutative, and `empty()` changes nothing. Test it with
 * `checkAggregate`.
 */
export interface CustomAggregate<Input, State, Result> {
  empty(): State
  /** The state with one more input; `at` is the event's time in milliseconds since 1970. */
  add(state: State, input: Input, at: number): State
  merge(a: State, b: State): State
  /** What is read: JSON. */
  result(state: State): Result
  /** Reads an input from the wire: JSON, or undefined where it is none (`invalid_value`). */
  input(value: unknown): Input | undefined
  /** How a state that is no JSON (a Map, a Set) is kept as JSON. Left out: it is JSON as it is. */
  json?: { encode(state: State): Json; decode(json: Json): State }
}

/** A field whose aggregate is the developer's own. */
export interface CustomField<Input = any, State = any, Result = any>
  extends Readonly<CustomAggregate<Input, State, Result>> {
  readonly kind: 'custom'
  readonly label?: string
}

/** Any field of a dataset. */
export type Field = CounterField | SumField | NumberField | UniqueField | DistributionField | CustomField

/** True of kinds of which the opposite of an input takes it back: counters and sums. */
export function isSubtractable(kind: Field['kind'] | undefined): kind is 'counter' | 'sum' {
  return kind === 'counter' || kind === 'sum'
}

/** True of kinds whose fields put parents in an order: all but `custom`. */
export function hasOrder(kind: Field['kind']): boolean {
  return kind !== 'custom'
}

/** What an event may carry for each kind of field, but `custom`, which says so itself. */
export interface FieldInputs {
  counter: number
  sum: number | string
  min: number
  max: number
  last: number
  unique: readonly string[]
  distribution: number
}

/**
 * Declares a counter: an int64 that events add to or subtract from.
 * @example fields: { clickThroughs: counter({ label: 'Click-throughs' }) }
 */
export function counter(options: FieldOptions = {}): CounterField {
  return { kind: 'counter', ...options }
}

/**
 * Declares an exact decimal sum with `scale` digits after the point (0 to 15). An input is a number or a
 * decimal string; one with more digits than `scale` is rejected as `invalid_value`, never rounded.
 * @example fields: { revenue: sum({ scale: 2 }) }
 */
export function sum(options: FieldOptions & { scale: number }): SumField {
  return { kind: 'sum', ...options }
}

/** Declares the smallest number that events carry. @example fields: { fastest: min() } */
export function min(options: FieldOptions = {}): NumberField<'min'> {
  return { kind: 'min', ...options }
}

/** Declares the largest number that events carry. @example fields: { slowest: max() } */
export function max(options: FieldOptions = {}): NumberField<'max'> {
  return { kind: 'max', ...options }
}

/**
 * Declares the newest number, by the time of its event, whatever order events arrive in; of two at the same
 * millisecond the larger. @example fields: { lastPrice: last() }
 */
export function last(options: FieldOptions = {}): NumberField<'last'> {
  return { kind: 'last', ...options }
}

/**
 * Declares how many distinct values there are: exact up to 640, then HyperLogLog with 1.15 % standard error. An input
 * is an array of at most 100 strings of 1 to 200 characters; only keyed hashes of them are kept. With `of: 'visitor'`
 * events carry no input: the collector counts visitor-days by itself.
 * @example fields: { readers: unique(), visitors: unique({ of: 'visitor' }) }
 */
export function unique(options: FieldOptions & { of: 'visitor' }): UniqueField<'visitor'> & { of: 'visitor' }
export function unique(options?: FieldOptions): UniqueField<undefined>
export function unique(options: FieldOptions & { of?: 'visitor' } = {}): UniqueField {
  return { kind: 'unique', ...options }
}

/**
 * Declares quantiles of numbers, within 1 % of the true value (DDSketch), with exact count, sum, minimum and maximum.
 * @example fields: { readSeconds: distribution() }
 */
export function distribution(options: FieldOptions = {}): DistributionField {
  return { kind: 'distribution', ...options }
}

/**
 * Declares an aggregate of your own, whose state is JSON. Where one of its functions throws or gives what is no JSON,
 * the event becomes a dead letter with `aggregate_failed`, and everything else counts.
 * @example
 * const mean = custom({
 *   empty: () => ({ n: 0, sum: 0 }),
 *   add: (state, value: number) => ({ n: state.n + 1, sum: state.sum + value }),
 *   merge: (a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum }),
 *   result: ({ n, sum }) => (n === 0 ? null : sum / n),
 *   input: (value) => (Number.isInteger(value) ? (value as number) : undefined),
 * })
 */
export function custom<Input, State, Result>(
  options: FieldOptions & CustomAggregate<Input, State, Result>,
): CustomField<Input, State, Result> {
  return { kind: 'custom', ...options }
}
