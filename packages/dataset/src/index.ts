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
  counter,
  type Field,
  type FieldInputs,
  type FieldOptions,
  type SumField,
  sum,
} from './field.ts'
export type {
  AdditiveField,
  AnyDataset,
  DatasetName,
  DatasetOf,
  FieldName,
  InferDimensions,
  InferFields,
  InferRow,
  ParentOf,
} from './infer.ts'
export { nearest, suggestion } from './nearest.ts'
