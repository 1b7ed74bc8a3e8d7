export { checkAggregate } from './check-aggregate.ts'
export { type Config, defineConfig } from './config.ts'
export {
  type Dataset,
  type DatasetDefinition,
  type Dimension,
  defineDataset,
  type Grain,
  type ParentType,
  type SeriesDefinition,
} from './dataset.ts'
export { durationMs } from './duration.ts'
export { type DefinitionCode, DefinitionError } from './error.ts'
export {
  type CounterField,
  type CustomAggregate,
  type CustomField,
  counter,
  custom,
  type DistributionField,
  distribution,
  type Field,
  type FieldInputs,
  type FieldOptions,
  last,
  max,
  min,
  type NumberField,
  type SumField,
  sum,
  type UniqueField,
  unique,
} from './field.ts'
export type {
  AdditiveField,
  AnyDataset,
  DatasetName,
  DatasetOf,
  DistributionRow,
  FieldName,
  InferDimensions,
  InferFields,
  InferRow,
  ParentOf,
} from './infer.ts'
export type { Json } from './json.ts'
export { nearest, suggestion } from './nearest.ts'
