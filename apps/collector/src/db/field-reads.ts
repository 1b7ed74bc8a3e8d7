import type { Field } from '@trackable/dataset'
import {
  aggregateOf,
  columnOf,
  type Distribution,
  decimalOf,
  isAggregateFailure,
  readState,
  stateTextOf,
} from '@trackable/dataset/fold'
import { type SQL, sql } from 'drizzle-orm'
import { quoted } from './names.ts'

/**
 * What is read of a field, over any number of rows: `digits` of a counter or sum, which a JavaScript number may not
 * have; `json` of everything else.
 */
export type FieldResult = { digits: string } | { json: string }

/** The quantiles that are read of a distribution unless others are asked. */
export const QUANTILES: readonly number[] = [0.5, 0.9, 0.95, 0.99]

/** The field over the rows of a group, as one text: what SQL can say, or the list of states that are to be merged. */
export function fieldExpression(name: string, { kind }: Field): SQL<string | null> {
  const column = sql.raw(quoted(columnOf(name)))
  switch (kind) {
    case 'counter':
    case 'sum':
      return sql`sum(${column})::text`
    case 'min':
    case 'max':
    case 'last':
      return sql`${numberOver(name, kind)}::text`
    case 'unique':
    case 'distribution':
      return sql`json_agg(encode(${column}, 'hex'))::text`
    case 'custom':
      return sql`json_agg(${column}::text)::text`
  }
}

/**
 * By what groups of rows are put in order of a field: null where nothing was seen. Undefined for a unique, whose states
 * must be merged for it, and for a `custom()` field, which has no order.
 */
export function fieldOrder(name: string, { kind }: Field): SQL | undefined {
  if (kind === 'unique' || kind === 'custom') return undefined
  if (kind === 'min' || kind === 'max' || kind === 'last') return numberOver(name, kind)
  return sql`sum(${sql.raw(quoted(columnOf(name) + (kind === 'distribution' ? '_count' : '')))})`
}

function numberOver(name: string, kind: 'min' | 'max' | 'last'): SQL {
  const column = (suffix = '') => sql.raw(quoted(columnOf(name) + suffix))
  if (kind !== 'last') return sql`${sql.raw(kind)}(${column()})`
  return sql`(array_agg(${column()} order by ${column('_at')} desc nulls last, ${column()} desc nulls last))[1]`
}

/** True for kinds of which every row's state is read and merged. */
export function readsStates(field: Field): boolean {
  return stateTextOf(field) !== undefined
}

/**
 * What a text of `fieldExpression` says; null is a field that has seen nothing. A `custom()` field that fails at it, and a
 * state that cannot be read, read as null: whoever asks did nothing wrong, and other fields and rows can be read.
 */
export function fieldResult(field: Field, text: string | null, quantiles = QUANTILES): FieldResult {
  if (field.kind === 'counter') return { digits: text ?? '0' }
  if (field.kind === 'sum') return { digits: text ?? decimalOf(0, field.scale) }
  const kept = stateTextOf(field)
  if (!kept) return { json: text ?? 'null' }
  const { empty, merge, result } = aggregateOf(field)
  try {
    const states = (text === null ? [] : (JSON.parse(text) as string[])).map((state) =>
      readState(kept, state, () => 'a row'),
    )
    const whole = states.length > 0 ? states.reduce(merge) : empty()
    const shown = result(whole)
    return {
      json: field.kind === 'distribution' ? distributionJson(shown, quantiles) : JSON.stringify(shown),
    }
  } catch (error) {
    if (!isAggregateFailure(error)) throw error
    return { json: 'null' }
  }
}

function distributionJson(
  { count, sum, min, max, quantile }: Distribution,
  quantiles: readonly number[],
): string {
  const parts = [`"count":${count}`, `"sum":${sum}`, `"min":${min}`, `"max":${max}`]
  return `{${[...parts, ...quantiles.map((q) => `"${quantileName(q)}":${quantile(q)}`)].join(',')}}`
}

/** `p50` for 0.5, `p99.9` for 0.999. */
function quantileName(q: number): string {
  return `p${Number((q * 100).toPrecision(12))}`
}
