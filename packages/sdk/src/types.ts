import type {
  AdditiveField,
  AnyDataset,
  FieldName,
  InferDimensions,
  InferFields,
  ParentOf,
} from '@trackable/dataset'
import type { Consent } from './options.ts'

/**
 * Where a project says once which datasets it has, so that every entry of this package knows their names.
 * @example
 * declare module '@trackable/sdk' {
 *   interface Register { datasets: typeof import('./trackable.config').datasets }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is filled by the project that uses this package
export interface Register {}

/** The datasets of `Register`, or `undefined` where nothing is registered and names are plain strings. */
export type RegisteredDatasets = Register extends { datasets: infer Datasets extends readonly AnyDataset[] }
  ? Datasets
  : undefined

/** What may be tracked about one dataset. Types only: nothing of it exists at run time. */
export interface Trackable {
  parent: unknown
  additive: string
  counters: string
  fields: object
  dimensions: object
}

type CounterField<D extends AnyDataset> = {
  [K in FieldName<D>]: D['fields'][K] extends { kind: 'counter' } ? K : never
}[FieldName<D>]

/**
 * What may be tracked, by the name of the dataset. Members are written out, so that a message of the compiler
 * shows the allowed names and not the name of an alias; where nothing is allowed, the message says why.
 */
export type TrackableOf<Datasets> = Datasets extends readonly AnyDataset[]
  ? {
      [D in Datasets[number] as D['name']]: {
        parent: ParentOf<D>
        additive: [AdditiveField<D>] extends [never]
          ? '(this dataset has no counter and no sum)'
          : { [K in FieldName<D>]: K extends AdditiveField<D> ? K : never }[FieldName<D>]
        counters: [CounterField<D>] extends [never]
          ? '(this dataset has no counter)'
          : { [K in FieldName<D>]: K extends CounterField<D> ? K : never }[FieldName<D>]
        fields: { [K in keyof InferFields<D>]: InferFields<D>[K] }
        dimensions: [keyof D['dimensions']] extends [never]
          ? { '(this dataset has no dimensions)'?: never }
          : { [K in keyof InferDimensions<D>]: InferDimensions<D>[K] }
      }
    }
  : Record<
      string,
      {
        parent: string | number | bigint
        additive: string
        counters: string
        fields: Record<string, unknown>
        dimensions: Record<string, string>
      }
    >

/** What one `record` may say beside its fields. */
export interface RecordOptions<Dimensions = Record<string, string>> {
  dimensions?: Dimensions
  /** When it happened. Default: now. */
  at?: Date
}

/** How many events a flush has settled, and how many still wait. Merged increments are one event. */
export interface FlushResult {
  sent: number
  pending: number
}

/**
 * Tells a collector what happened to the things you own. No method throws or blocks: what cannot be tracked goes
 * to `onError`.
 */
export interface Tracker<
  Datasets = RegisteredDatasets,
  Table extends Record<string, Trackable> = TrackableOf<Datasets>,
> {
  /**
   * Adds to a counter or a sum of one parent; `by` is 1 when left out. Increments of whole numbers in the same
   * minute are merged while their batch is open.
   * @example tracker.increment('article', '42', 'impressions')
   */
  increment<const Name extends keyof Table & string>(
    dataset: Name,
    parent: Table[Name]['parent'],
    field: Table[Name]['additive'],
    by?: number,
  ): void
  /**
   * Subtracts from a counter; with a write key, only from fields in `public.decrement`. To a sum a negative number is
   * added.
   */
  decrement<const Name extends keyof Table & string>(
    dataset: Name,
    parent: Table[Name]['parent'],
    field: Table[Name]['counters'],
    by?: number,
  ): void
  /**
   * Tracks one event with several fields, dimensions, or a time of its own.
   * @example tracker.record('article', '42', { impressions: 1 }, { dimensions: { country: 'DE' } })
   */
  record<const Name extends keyof Table & string>(
    dataset: Name,
    parent: Table[Name]['parent'],
    fields: Table[Name]['fields'],
    options?: RecordOptions<Table[Name]['dimensions']>,
  ): void
  /**
   * Changes what the visitor said. `granted` stores and sends what waits; `pending` keeps what is stored, and sends
   * nothing; `denied` deletes what waits, also what other pages of the site have stored for the same endpoint. Each open
   * page is told by itself.
   */
  setConsent(state: Consent): void
  /** Sends what waits now, once; resolves when it is settled or an attempt has failed. Never rejects. */
  flush(): Promise<FlushResult>
  /**
   * Sends what waits, ends the tracker and releases what it holds. A browser keeps what could not be sent for the
   * next visit; Node, whose store is memory, tries for ten seconds. Never rejects.
   */
  close(): Promise<FlushResult>
}
