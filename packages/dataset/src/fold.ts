export type { Aggregate, ReadInput, StateText } from './aggregates/aggregate.ts'
export { isAggregateFailure, readState } from './aggregates/custom.ts'
export type { Distribution, DistributionState } from './aggregates/distribution.ts'
export {
  aggregateOf,
  convertInput,
  type FieldAggregate,
  type LoggedInput,
  readerOf,
  stateTextOf,
} from './aggregates/index.ts'
export { type Int, intOf } from './aggregates/int.ts'
export { decimalOf } from './aggregates/sum.ts'
export type { HashValue } from './aggregates/unique.ts'
export { type ZoneClock, zoneClock } from './bucket.ts'
export { addedTexts, columnTexts } from './column-texts.ts'
export type { ColumnSuffix, ColumnType } from './columns.ts'
export { isSubtractable } from './field.ts'
export { isStorable, type Json, jsonText } from './json.ts'
export { type Column, type FieldColumns, layoutOf, type TableLayout } from './layout.ts'
export { columnOf, GRAINS, type TableKind, tableOf, viewOf } from './names.ts'
