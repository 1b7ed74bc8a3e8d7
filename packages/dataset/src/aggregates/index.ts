import type { Field } from '../field.ts'
import type { Json } from '../json.ts'
import type { Aggregate, ReadInput, StateText } from './aggregate.ts'
import { counterAggregate, readCounter } from './counter.ts'
import { customAggregate, customText, readCustom } from './custom.ts'
import { distributionAggregate } from './distribution.ts'
import { distributionText } from './distribution-text.ts'
import { lastAggregate } from './last.ts'
import { maxAggregate } from './max.ts'
import { minAggregate } from './min.ts'
import { readNumber } from './number.ts'
import { readSum, sumAggregate } from './sum.ts'
import { type HashValue, readUnique, uniqueAggregate, uniqueText } from './unique.ts'

/** What an event in the log carries for one field. */
export type LoggedInput = Json

/** The algebra of a field. Only the aggregate itself knows what its states are. */
export type FieldAggregate = Aggregate<LoggedInput, any, any>

/** The algebra of a field. */
export function aggregateOf(field: Field): FieldAggregate {
  switch (field.kind) {
    case 'counter':
      return counterAggregate as FieldAggregate
    case 'sum':
      return sumAggregate(field.scale) as FieldAggregate
    case 'min':
      return minAggregate as FieldAggregate
    case 'max':
      return maxAggregate as FieldAggregate
    case 'last':
      return lastAggregate as FieldAggregate
    case 'unique':
      return uniqueAggregate as FieldAggregate
    case 'distribution':
      return distributionAggregate as FieldAggregate
    case 'custom':
      return customAggregate(field)
  }
}

/** How a field's state is kept in one column; undefined for kinds whose columns Postgres merges by itself. */
export function stateTextOf(field: Field): StateText<any> | undefined {
  switch (field.kind) {
    case 'unique':
      return uniqueText
    case 'distribution':
      return distributionText
    case 'custom':
      return customText
    default:
      return undefined
  }
}

/**
 * Reads a field's input from the wire into its logged form; undefined where it is `invalid_value`.
 * @param hash the keyed hash that makes elements of a unique's values
 */
export function readerOf(field: Field, hash: HashValue): ReadInput<LoggedInput> {
  switch (field.kind) {
    case 'counter':
      return readCounter
    case 'sum':
      return readSum(field.scale)
    case 'unique':
      return field.of === 'visitor' ? () => undefined : readUnique(hash)
    case 'custom':
      return readCustom(field)
    default:
      return readNumber
  }
}

/** Brings an input that was logged under an older definition to today's; undefined where that loses digits. */
export function convertInput(from: Field, to: Field, input: LoggedInput): LoggedInput | undefined {
  if (from.kind !== to.kind) return undefined
  if (from.kind !== 'sum' || to.kind !== 'sum' || from.scale === to.scale) return input
  const logged = input as number | string
  return readSum(to.scale)(aggregateOf(from).result(typeof logged === 'number' ? logged : BigInt(logged)))
}
