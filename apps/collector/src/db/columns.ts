import type { Field, ParentType } from '@trackable/dataset'
import type { Column, ColumnSuffix, FieldColumns, TableLayout } from '@trackable/dataset/fold'

/** An SQL expression of one of a field's columns, by its suffix. */
type ColumnExpression = (suffix: string) => string

/** How Postgres merges a column of a field. */
export interface ColumnRule {
  /**
   * The value after a delta. Without it the column is a state, or a part of one, that only the fold can merge: it is
   * written as it is, where the state that was read is still there.
   */
  merge?(stored: ColumnExpression, delta: ColumnExpression): string
  /** True where what was added is kept as a control sum. */
  control?: true
}

const plus = (suffix: string): ColumnRule => ({
  merge: (stored, delta) => `${stored(suffix)} + ${delta(suffix)}`,
  control: true,
})
/** `trim_scale`, because sums of one value in other groups would have other zeros at their end. */
const plusTrimmed = (suffix: string): ColumnRule => ({
  merge: (stored, delta) => `trim_scale(${stored(suffix)} + ${delta(suffix)})`,
  control: true,
})
// Both pass over null.
const least = (suffix: string): ColumnRule => ({
  merge: (stored, delta) => `least(${stored(suffix)}, ${delta(suffix)})`,
})
const greatest = (suffix: string): ColumnRule => ({
  merge: (stored, delta) => `greatest(${stored(suffix)}, ${delta(suffix)})`,
})
const newest = (suffix: string): ColumnRule => ({
  merge: (stored, delta) =>
    `case when ${stored('_at')} is null or (${delta('_at')}, ${delta('')}) > (${stored('_at')}, ${stored('')}) then ${delta(suffix)} else ${stored(suffix)} end`,
})
const replaced: ColumnRule = {}

/** The rules of each kind of field, by suffix: a kind, or a column of one, without a rule does not compile. */
export const COLUMN_RULES: { [Kind in Field['kind']]: Record<ColumnSuffix<Kind>, ColumnRule> } = {
  counter: { '': plus('') },
  sum: { '': plus('') },
  min: { '': least('') },
  max: { '': greatest('') },
  last: { '': newest(''), _at: newest('_at') },
  unique: { '': replaced, _count: replaced },
  distribution: {
    '': replaced,
    _count: plus('_count'),
    _sum: plusTrimmed('_sum'),
    _min: least('_min'),
    _max: greatest('_max'),
    _p50: replaced,
    _p90: replaced,
    _p99: replaced,
  },
  custom: { '': replaced, _result: replaced },
}

/** The rule of one column. */
export function ruleOf({ kind }: Field, suffix: ColumnSuffix): ColumnRule {
  return (COLUMN_RULES[kind] as Record<string, ColumnRule>)[suffix]!
}

/** The columns to which numbers are added, so that what was added is known: counters, sums, and parts of distributions. */
export function controlledColumns(layout: TableLayout): string[] {
  return layout.fields.flatMap(({ definition, columns }) =>
    columns.filter(({ suffix }) => ruleOf(definition, suffix).control).map(({ name }) => name),
  )
}

/**
 * Which of a kind's columns puts parents in order of the field: the number that it is, or how many values a unique or a
 * distribution has seen. What a `custom()` field comes to has no order.
 */
const RANKED_BY: { [Kind in Field['kind']]: ColumnSuffix<Kind> | undefined } = {
  counter: '',
  sum: '',
  min: '',
  max: '',
  last: '',
  unique: '_count',
  distribution: '_count',
  custom: undefined,
}

/** The column that puts parents in order of a field; undefined where it has no order. */
export function rankedColumn({ definition, columns }: FieldColumns): Column | undefined {
  return columns.find(({ suffix }) => suffix === RANKED_BY[definition.kind])
}

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
