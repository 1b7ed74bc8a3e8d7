import { createHash } from 'node:crypto'
import {
  aggregateOf,
  columnTexts,
  decimalOf,
  type Int,
  stateTextOf,
  type TableLayout,
} from '@trackable/dataset/fold'
import { ruleOf } from './columns.ts'
import type { CommitInput, RowDelta, StoredStates, TableRows } from './fold-database.ts'
import type { State } from './memory-state.ts'

const INT64 = 2n ** 63n
const OUT_OF_RANGE = '22003'

/**
 * The rows of tables and what was added to each column, with the deltas of a commit: table by table, as in SQL. Undefined
 * where a row does not have the states any more onto which its delta was merged.
 */
export function mergeRows(
  state: State,
  { log, tables }: CommitInput,
): Pick<State, 'rows' | 'control'> | undefined {
  const rows = new Map(state.rows)
  const control = new Map(state.control)
  for (const table of tables) {
    if (isStale(state, table)) return undefined
    const { layout, rows: deltas } = table
    for (const delta of deltas) {
      const { parent, bucket, dimensions } = delta
      const key = rowKey(layout, delta)
      const states = mergedStates(layout, rows.get(key)?.states, delta)
      rows.set(key, { layout, parent, bucket, dimensions, states })
      for (const { name, text } of controlled(layout, delta)) {
        const of = keyOf(log, layout.name, name)
        const total = plusDecimal(control.get(of)?.total ?? '0', text)
        control.set(of, { log, table: layout.name, column: name, total })
      }
    }
  }
  return { rows, control }
}

function mergedStates(layout: TableLayout, stored: unknown[] | undefined, delta: RowDelta): unknown[] {
  return layout.fields.map(({ column, definition }, i) => {
    const { empty, merge } = aggregateOf(definition)
    if (stateTextOf(definition)) return delta.onto ? delta.onto.states[i] : delta.states[i]
    const merged = merge(stored?.[i] ?? empty(), delta.states[i])
    const named = `${layout.name} (${[delta.parent, delta.bucket, ...delta.dimensions].join(', ')}).${column}`
    if (definition.kind === 'counter')
      for (const value of [delta.states[i], merged]) checkInt64(value as Int, named)
    return merged
  })
}

function controlled(layout: TableLayout, { states }: RowDelta): { name: string; text: string }[] {
  return layout.fields.flatMap(({ definition, columns }, field) => {
    if (!columns.some(({ suffix }) => ruleOf(definition, suffix).control)) return []
    const texts = columnTexts(definition, states[field])
    return columns.flatMap(({ name, suffix }, i) =>
      ruleOf(definition, suffix).control ? [{ name, text: texts[i]! }] : [],
    )
  })
}

function isStale(state: State, table: TableRows): boolean {
  return storedStates(state, table).some((stored, i) => stored?.hash !== table.rows[i]!.onto?.hash)
}

/** The states of rows that only the fold can merge; undefined where a row is not there or has none. */
export function storedStates(state: State, { layout, rows }: TableRows): (StoredStates | undefined)[] {
  const texts = layout.fields.map(({ definition }) => stateTextOf(definition))
  return rows.map((row) => {
    const stored = state.rows.get(rowKey(layout, row))
    if (!stored || !texts.some(Boolean)) return undefined
    const states = texts.flatMap((text, i) => (text ? [text.write(stored.states[i])] : []))
    return { hash: createHash('sha256').update(states.join()).digest('hex'), states }
  })
}

function rowKey(layout: TableLayout, { parent, bucket, dimensions }: RowDelta): string {
  return keyOf(layout.name, parent, bucket, ...dimensions)
}

/** As Postgres adds `numeric`: with the digits after the point of the longer one. */
function plusDecimal(a: string, b: string): string {
  const scale = Math.max(...[a, b].map((text) => text.split('.')[1]?.length ?? 0))
  const scaled = (text: string) => {
    const [whole = '', fraction = ''] = text.split('.')
    return BigInt(whole + fraction.padEnd(scale, '0'))
  }
  const sum = scaled(a) + scaled(b)
  return decimalOf(sum, scale)
}

function checkInt64(value: Int, named: string): void {
  if (typeof value === 'number' || (value < INT64 && value >= -INT64)) return
  throw refuse(OUT_OF_RANGE, `${named} would be ${value}, which is out of the range of bigint`)
}

/** An error of the database, with its SQLSTATE. */
export function refuse(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

/** One key of several parts. */
export function keyOf(...parts: (string | number)[]): string {
  return parts.join('\u0000')
}
