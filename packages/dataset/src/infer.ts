import type { Dataset, ParentType } from './dataset.ts'
import type { Field, FieldInputs } from './field.ts'

/** Any dataset, whatever its names. */
export type AnyDataset = Dataset<any, any, any, any, any>

type IdOf<Parent extends ParentType> = Parent extends 'bigint' ? string | number | bigint : string

/** The names of the datasets in a list: `'article' | 'product'`. */
export type DatasetName<Datasets extends readonly AnyDataset[]> = Datasets[number]['name']

/** The dataset of that name in a list. */
export type DatasetOf<Datasets extends readonly AnyDataset[], Name> = Extract<
  Datasets[number],
  { name: Name }
>

/** What identifies a parent of that dataset. */
export type ParentOf<D extends AnyDataset> = IdOf<D['parent']>

/** The names of a dataset's fields. */
export type FieldName<D extends AnyDataset> = keyof D['fields'] & string

/** The names of the fields that can be added to by one number: counters and sums. */
export type AdditiveField<D extends AnyDataset> = {
  [K in FieldName<D>]: D['fields'][K] extends { kind: 'counter' | 'sum' } ? K : never
}[FieldName<D>]

/** The field inputs that an event of that dataset may carry. */
export type InferFields<D extends AnyDataset> = {
  [K in FieldName<D>]?: D['fields'][K] extends Field ? FieldInputs[D['fields'][K]['kind']] : never
}

/** The dimensions that an event of that dataset may carry. */
export type InferDimensions<D extends AnyDataset> = { [K in keyof D['dimensions'] & string]?: string }

/** A row of that dataset's totals as the read API gives it. */
export type InferRow<D extends AnyDataset> = { parent: string } & { [K in FieldName<D>]: number }
