import { checkDataset } from './check.ts'
import { type Field, hasOrder } from './field.ts'

/** The type of a parent's identifier: up to 200 characters of text, a UUID, or an int64. */
export type ParentType = 'text' | 'uuid' | 'bigint'

/** Width of a time bucket. A bucket starts at local midnight, a week on Monday. */
export type Grain = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year'

/** A group-by attribute with bounds. */
export interface Dimension {
  /** Longest value in characters, 1 to 200; a longer one is rejected as `invalid_value`. Default 100. */
  maxLength?: number
  /** How many distinct values are kept, 1 to 100,000; values past it count as `(other)`. Default 1,000. */
  maxValues?: number
}

/** The time series of a dataset. */
export interface SeriesDefinition<G extends Grain = Grain> {
  /** Widths of the buckets that are kept. */
  grains: readonly G[]
  /** IANA zone in which buckets start, such as `Europe/Berlin`. Default `UTC`. */
  zone?: string
  /** How long buckets are kept, by grain, such as `{ hour: '90d' }`; without an entry, for ever. */
  keep?: { readonly [K in G]?: string }
}

/** What a developer writes about one dataset. */
export interface DatasetDefinition<
  Fields extends Record<string, Field>,
  Dimensions extends Record<string, Dimension>,
  Parent extends ParentType,
  G extends Grain,
> {
  /** Kind of parent, shared by datasets about the same things. Default: the dataset's name. */
  of?: string
  /** Type of the parent's identifier. Default `text`. */
  parent?: Parent
  /** A name for people. */
  label?: string
  fields: Fields
  dimensions?: Dimensions
  series?: SeriesDefinition<G>
  /** What public keys may do. Default: nothing. */
  public?: {
    write?: readonly (keyof Fields & string)[]
    /** Fields in which public keys may also subtract. */
    decrement?: readonly (keyof Fields & string)[]
    read?: readonly (keyof Fields & string)[]
  }
  limits?: {
    /** Largest step of one event from a public key; 100 the default and the least. */
    incrementPerEvent?: number
  }
  /** Fields in the order in which the dashboard shows them. Default: as declared. */
  display?: readonly (keyof Fields & string)[]
  /**
   * Fields by which parents are ordered: each has an index on the totals, and makes folding into rows that are there
   * slower. `[]` for none. Default: the first two that are displayed and have an order.
   */
  ranked?: readonly (keyof Fields & string)[]
}

/** A declared dataset: plain data, frozen, with every default filled in. Its types carry the names. */
export interface Dataset<
  Name extends string = string,
  Fields extends Record<string, Field> = Record<string, Field>,
  Dimensions extends Record<string, Dimension> = Record<string, Dimension>,
  Parent extends ParentType = ParentType,
  G extends Grain = Grain,
> {
  readonly name: Name
  readonly of: string
  readonly label: string
  readonly parent: Parent
  readonly fields: Fields
  readonly dimensions: { readonly [K in keyof Dimensions]: Required<Dimension> }
  readonly series: {
    readonly grains: readonly G[]
    readonly zone: string
    readonly keep: { readonly [K in G]?: string }
  } | null
  readonly public: {
    readonly write: readonly string[]
    readonly decrement: readonly string[]
    readonly read: readonly string[]
  }
  readonly limits: { readonly incrementPerEvent: number }
  readonly display: readonly string[]
  readonly ranked: readonly string[]
}

/**
 * Declares a dataset: which numbers are kept about one kind of object, and over which spans of time.
 * @throws DefinitionError naming the dataset, the path inside the definition, and what was expected.
 * @example
 * export const article = defineDataset('article', {
 *   fields: { impressions: counter(), clickThroughs: counter() },
 *   series: { grains: ['day'], zone: 'Europe/Berlin' },
 *   public: { write: ['impressions', 'clickThroughs'] },
 * })
 */
export function defineDataset<
  const Name extends string,
  const Fields extends Record<string, Field>,
  // biome-ignore lint/complexity/noBannedTypes: a dataset without dimensions has no dimension names
  const Dimensions extends Record<string, Dimension> = {},
  const Parent extends ParentType = 'text',
  const G extends Grain = never,
>(
  name: Name,
  definition: DatasetDefinition<Fields, Dimensions, Parent, G>,
): Dataset<Name, Fields, Dimensions, Parent, G> {
  checkDataset(name, definition)
  const { series } = definition
  const dimensions = Object.entries(definition.dimensions ?? {}).map(([key, { maxLength, maxValues }]) => [
    key,
    { maxLength: maxLength ?? 100, maxValues: maxValues ?? 1000 },
  ])
  const display = [...(definition.display ?? Object.keys(definition.fields))]
  const dataset = {
    name,
    of: definition.of ?? name,
    label: definition.label ?? name,
    parent: definition.parent ?? 'text',
    fields: { ...definition.fields },
    dimensions: Object.fromEntries(dimensions),
    series: series
      ? { grains: [...series.grains], zone: series.zone ?? 'UTC', keep: { ...series.keep } }
      : null,
    public: {
      write: [...(definition.public?.write ?? [])],
      decrement: [...(definition.public?.decrement ?? [])],
      read: [...(definition.public?.read ?? [])],
    },
    limits: { incrementPerEvent: definition.limits?.incrementPerEvent ?? 100 },
    display,
    ranked: [...(definition.ranked ?? firstWithOrder(display, definition.fields))],
  }
  return freeze(dataset) as unknown as Dataset<Name, Fields, Dimensions, Parent, G>
}

/** What a customer expects to be found at once costs every fold; `docs/datasets.md` has the figures. */
const RANKED_UNASKED = 2

function firstWithOrder(display: readonly string[], fields: Record<string, Field>): string[] {
  return display.filter((name) => hasOrder(fields[name]!.kind)).slice(0, RANKED_UNASKED)
}

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freeze(inner)
  return Object.freeze(value)
}
