import type { Field } from '../field.ts'
import type { Aggregate, ReadInput } from './aggregate.ts'
import { counterAggregate, readCounter } from './counter.ts'
import type { Int } from './int.ts'
import { readSum, sumAggregate } from './sum.ts'

/** What an event in the log carries for one field. */
export type LoggedInput = number | string

/** The algebra of a field. */
export function aggregateOf(field: Field): Aggregate<LoggedInput, Int, string> {
  switch (field.kind) {
    case 'counter':
      return counterAggregate
    case 'sum':
      return sumAggregate(field.scale)
  }
}

/** Reads a field's input from the wire into its logged form; undefined where it is `invalid_value`. */
export function readerOf(field: Field): ReadInput<LoggedInput> {
  switch (field.kind) {
    case 'counter':
      return readCounter
    case 'sum':
      return readSum(field.scale)
  }
}

/** Brings an input that was logged under an older definition to today's; undefined where that loses digits. */
export function convertInput(from: Field, to: Field, input: LoggedInput): LoggedInput | undefined {
  if (from.kind !== to.kind) return undefined
  if (from.kind === 'counter' || to.kind === 'counter' || from.scale === to.scale) return input
  return readSum(to.scale)(aggregateOf(from).result(typeof input === 'number' ? input : BigInt(input)))
}
