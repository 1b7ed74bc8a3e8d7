import type { Dataset, ParentType } from './dataset.ts'
import type { CustomField, FieldInputs } from './field.ts'

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

/** What an event may carry for a field: by its kind, as `custom` says itself; nothing where the collector counts. */
type InputOf<F> =
  F extends CustomField<infer Input, any, any>
    ? Input
    : F extends { kind: 'unique'; of: 'visitor' }
      ? never
      : F extends { kind: infer Kind extends keyof FieldInputs }
        ? FieldInputs[Kind]
        : never

/** The field inputs that an event of that dataset may carry. */
export type InferFields<D extends AnyDataset> = {
  [K in FieldName<D> as [InputOf<D['fields'][K]>] extends [never] ? never : K]?: InputOf<D['fields'][K]>
}

/** The dimensions that an event of that dataset may carry. */
export type InferDimensions<D extends AnyDataset> = { [K in keyof D['dimensions'] & string]?: string }

/** A distribution as the read API gives it. */
export interface DistributionRow {
  count: number
  sum: number
  min: number | null
  max: number | null
  p50: number | null
  p90: number | null
  p95: number | null
  p99: number | null
}

type ResultOf<F> =
  F extends CustomField<any, any, infer Result>
    ? Result
    : F extends { kind: 'distribution' }
      ? DistributionRow
      : F extends { kind: 'min' | 'max' | 'last' }
        ? number | null
        : number

/** A row of that dataset's totals as the read API gives it. */
export type InferRow<D extends AnyDataset> = { parent: string } & {
  [K in FieldName<D>]: ResultOf<D['fields'][K]>
}
