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

/** Any field of a dataset. */
export type Field = CounterField | SumField

/** What an event may carry for each kind of field. */
export interface FieldInputs {
  counter: number
  sum: number | string
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
