/**
 * A commutative monoid over `State`: grouping and order never change the result. That is what lets the client
 * merge before sending, the fold merge in any order, and machines fold apart.
 */
export interface Aggregate<Input, State, Result> {
  empty(): State
  /**
   * The state with one more input. It may be the given state, changed: who adds owns it.
   * @param at the event's time in milliseconds since 1970
   */
  add(state: State, input: Input, at: number): State
  /** Both together; changes neither. */
  merge(a: State, b: State): State
  result(state: State): Result
}

/** Gives what is stored in the log for an input from the wire, or undefined where it is no input of the field. */
export type ReadInput<Input> = (value: unknown) => Input | undefined

/** Keeps a state as one text, which is a function of what was added: bytes in hexadecimal digits, or JSON. */
export interface StateText<State> {
  write(state: State): string
  /** @throws Error where the text is no state of this kind */
  read(text: string): State
}
