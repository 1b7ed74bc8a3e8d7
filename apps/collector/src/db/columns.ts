import type { Field, ParentType } from '@trackable/dataset'

/** How Postgres keeps and merges a field. */
export interface ColumnRule {
  type: string
  /** The stored value after a delta: both are SQL expressions of the column's type. */
  merge(stored: string, delta: string): string
}

/** One rule a kind of field: a kind without one does not compile. */
export const COLUMN_RULES = {
  counter: { type: 'bigint', merge: (stored, delta) => `${stored} + ${delta}` },
  sum: { type: 'numeric', merge: (stored, delta) => `${stored} + ${delta}` },
} satisfies Record<Field['kind'], ColumnRule>

/** The column type of each kind of parent. Text compares by bytes: letter case and accents tell parents apart. */
export const PARENT_TYPES: Record<ParentType, string> = {
  text: 'text collate "C"',
  uuid: 'uuid',
  bigint: 'bigint',
}

/** A column type without its collation, as an array element or a cast wants it. */
export function bareType(type: string): string {
  return type.replace(' collate "C"', '')
}
