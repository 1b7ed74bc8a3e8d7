import type { Field } from './field.ts'

/** The columns that each kind of field has in every table: what follows the field's own column name, and the type. */
export const KIND_COLUMNS = {
  counter: { '': 'bigint' },
  sum: { '': 'numeric' },
  min: { '': 'double precision' },
  max: { '': 'double precision' },
  last: { '': 'double precision', _at: 'timestamptz' },
  unique: { '': 'bytea', _count: 'bigint' },
  distribution: {
    '': 'bytea',
    _count: 'bigint',
    _sum: 'numeric',
    _min: 'double precision',
    _max: 'double precision',
    _p50: 'double precision',
    _p90: 'double precision',
    _p99: 'double precision',
  },
  custom: { '': 'jsonb', _result: 'jsonb' },
} as const satisfies Record<Field['kind'], Record<string, string>>

/** A type that a field's column may have. */
export type ColumnType = 'bigint' | 'numeric' | 'double precision' | 'timestamptz' | 'bytea' | 'jsonb'

/** What follows a field's own name in the name of each of its columns. */
export type ColumnSuffix<Kind extends Field['kind'] = Field['kind']> = Kind extends Field['kind']
  ? keyof (typeof KIND_COLUMNS)[Kind] & string
  : never
