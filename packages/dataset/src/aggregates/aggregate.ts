/**
 * A commutative monoid over `State`: grouping and order never change the result. That is what lets the client
 * merge before sending, the fold merge in any order, and machines fold apart.
 */
export interface Aggregate<Input, State, Result> {
  empty(): State
  add(state: State, input: Input): State
  merge(a: State, b: State): State
  result(state: State): Result
}

/** Gives what is stored in the log for an input from the wire, or undefined where it is no input of the field. */
export type ReadInput<Input> = (value: unknown) => Input | undefined
