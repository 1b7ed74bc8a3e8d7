import type {
  AdditiveField,
  AnyDataset,
  Dataset,
  FieldName,
  InferDimensions,
  InferRow,
  ParentOf,
} from '@trackable/dataset'

/** What may be read of one dataset. Types only. */
export interface Readable {
  parent: unknown
  fields: object
  dimensions: string
  grain: string
}

/** What may be read, by the name of the dataset. `Digits` is what a counter or a sum is read as. */
export type ReadableOf<Datasets, Digits> = Datasets extends readonly AnyDataset[]
  ? {
      [D in Datasets[number] as D['name']]: {
        parent: ParentOf<D>
        fields: { [K in FieldName<D>]: K extends AdditiveField<D> ? Digits : InferRow<D>[K] }
        dimensions: keyof InferDimensions<D> & string
        grain: NonNullable<D['series']>['grains'][number]
      }
    }
  : Record<
      string,
      {
        parent: string | number | bigint
        fields: Record<string, any>
        dimensions: string
        grain: string
      }
    >

/** Which fields, and by which dimensions; left out, all fields and no dimension. */
export interface TotalsOptions<Field = string, Dimension = string> {
  fields?: readonly Field[]
  by?: readonly Dimension[]
  /** Quantiles of distributions, 0 to 1, instead of 0.5, 0.9, 0.95 and 0.99. */
  quantiles?: readonly number[]
}

/** A span of time, `from` up to, not including, `to`: a time, or text as the collector reads it (`2026-11-24`). */
export interface SpanOptions {
  from?: Date | string
  to?: Date | string
}

/** What a series is asked. */
export interface SeriesOptions<R extends Readable, Field, Dimension>
  extends TotalsOptions<Field, Dimension>,
    SpanOptions {
  /** Left out: all parents together. */
  parent?: R['parent']
  /** Left out: the last that the dataset declares. */
  grain?: R['grain']
}

/** What a ranking is asked. Without a span it is by totals. */
export interface TopOptions<R extends Readable, Dimension> extends SpanOptions {
  /** By which the parents are ordered, largest first. */
  field: keyof R['fields'] & string
  grain?: R['grain']
  by?: readonly Dimension[]
  /** Most rows of an answer. */
  limit?: number
  /** Goes on after the answer that gave it. */
  cursor?: string
}

type Chosen<R extends Readable, Field extends keyof R['fields'], Dimension extends string> = {
  [K in Field]: R['fields'][K]
} & { [K in Dimension]: string }

/** A series: a row for each bucket, and each combination of `by` that is there. */
export interface SeriesAnswer<Row> {
  grain: string
  zone: string
  by: string[]
  /** `bucket` is the bucket's start with its local offset. */
  rows: ({ bucket: string } & Row)[]
}

/** Parents in the order of a field. */
export interface TopAnswer<Row> {
  rows: Row[]
  /** For the rows after these; null where there are none. */
  cursor: string | null
}

/**
 * Reads what a collector has counted. Every method rejects with a `TrackerError` whose code is of the collector's
 * list; `unavailable` where there was no answer of a collector.
 */
export interface Reader<
  Datasets,
  Digits = number,
  Table extends Record<string, Readable> = ReadableOf<Datasets, Digits>,
> {
  /** The definitions, as the collector has them. Needs a secret key. */
  datasets(): Promise<Dataset[]>
  /**
   * The totals of parents, in their order, zeros for the unknown; any number of parents.
   * @example const [{ impressions }] = await reader.totals('article', ['42'])
   */
  totals<
    const Name extends keyof Table & string,
    const Field extends keyof Table[Name]['fields'] & string = keyof Table[Name]['fields'] & string,
    const Dimension extends Table[Name]['dimensions'] = never,
  >(
    dataset: Name,
    parents: readonly Table[Name]['parent'][],
    options?: TotalsOptions<Field, Dimension>,
  ): Promise<({ parent: string } & Chosen<Table[Name], Field, Dimension>)[]>
  /**
   * The buckets of a span, gaps filled with zeros.
   * @example await reader.series('article', { parent: '42', grain: 'day', from: '2026-11-01' })
   */
  series<
    const Name extends keyof Table & string,
    const Field extends keyof Table[Name]['fields'] & string = keyof Table[Name]['fields'] & string,
    const Dimension extends Table[Name]['dimensions'] = never,
  >(
    dataset: Name,
    options?: SeriesOptions<Table[Name], Field, Dimension>,
  ): Promise<SeriesAnswer<Chosen<Table[Name], Field, Dimension>>>
  /**
   * The parents with the most of a field. Needs a secret key.
   * @example const { rows } = await reader.top('article', { field: 'clickThroughs', limit: 10 })
   */
  top<const Name extends keyof Table & string, const Dimension extends Table[Name]['dimensions'] = never>(
    dataset: Name,
    options: TopOptions<Table[Name], Dimension>,
  ): Promise<TopAnswer<{ parent: string } & Chosen<Table[Name], keyof Table[Name]['fields'], Dimension>>>
  /**
   * Calls back with the totals of parents as they are folded, and connects again where the connection ends. Returns
   * what stops it.
   * @param onError told of each failure; a refused key is not tried again
   */
  live<const Name extends keyof Table & string>(
    dataset: Name,
    onRows: (rows: ({ parent: string } & Table[Name]['fields'])[]) => void,
    onError?: (error: Error) => void,
  ): () => void
  /**
   * Every row of the totals or, with `grain`, of a series. Needs a secret key.
   * @example for await (const row of reader.export('article', { grain: 'day' })) …
   */
  export<const Name extends keyof Table & string>(
    dataset: Name,
    options?: { grain?: Table[Name]['grain']; cursor?: string },
  ): AsyncIterable<{ parent: string; bucket?: string } & Table[Name]['fields']>
}
