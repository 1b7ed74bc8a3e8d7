import type { Field, ParentType } from '@trackable/dataset'

/** How Postgres keeps and merges a field. */
export interface ColumnRule {
  type: string
  /** The stored value after a delta: both are SQL expressions of the column's type. */
  merge(stored: string, delta: string): string
  /** What a commit adds to the column's control sum: an aggregate over its deltas. */
  control(delta: string): string
  /** Whether the column itself orders parents by the field. */
  ranked: boolean
}

const plus = (stored: string, delta: string) => `${stored} + ${delta}`
const sumOf = (delta: string) => `sum(${delta})`

/** One rule a kind of field: a kind without one does not compile. */
export const COLUMN_RULES = {
  counter: { type: 'bigint', merge: plus, control: sumOf, ranked: true },
  sum: { type: 'numeric', merge: plus, control: sumOf, ranked: true },
} satisfies Record<Field['kind'], ColumnRule>

/**
 * The column type of each kind of parent. Text has the database's own collation, as the user's columns have: Postgres
 * uses no index for a JOIN of two collations. Every collation that a database can have tells letter case and accents apart.
 */
export const PARENT_TYPES: Record<ParentType, string> = {
  text: 'text',
  uuid: 'uuid',
  bigint: 'bigint',
}

/** A column type without its collation, as an array element or a cast wants it. */
export function bareType(type: string): string {
  return type.replace(' collate "C"', '')
}
