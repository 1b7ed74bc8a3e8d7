import { columnOf, columnTexts } from '@trackable/dataset/fold'
import type { State, StoredRow } from './memory-state.ts'

/** A row by its columns, each as text: objects and null as JSON, times of our own tables in milliseconds since 1970. */
export type TextRow = Record<string, string>

/** Every row of every table, by the table's name, sorted. Tables without rows are left out. */
export type Tables = Record<string, TextRow[]>

/** What a database in memory holds, as a reader of its tables would see it. A log goes by its id. */
export function tablesOf(state: State): Tables {
  const tables: Tables = {
    _logs: [...state.logs].map(([log, row]) => textRow({ log, ...row })),
    _batches: [...state.batches].map(([id, taken]) => textRow({ id, ...taken })),
    _repeats: [...state.repeats.values()].map(textRow),
    _import_batches: [...state.imports.values()].map(textRow),
    _dead_letters: [...state.dead.values()].map(textRow),
    _dimension_values: [...state.values.values()].map(textRow),
    _control: [...state.control.values()].map(textRow),
  }
  for (const row of state.rows.values()) {
    tables[row.layout.name] ??= []
    tables[row.layout.name]!.push(columnsOf(row))
  }
  const filled = Object.entries(tables).filter(([, rows]) => rows.length > 0)
  return Object.fromEntries(filled.map(([name, rows]) => [name, inOrder(rows)]))
}

function columnsOf({ layout, parent, bucket, dimensions, states }: StoredRow): TextRow {
  const row: TextRow = { parent }
  if (layout.bucket) row.bucket = String(bucket)
  layout.dimensions.forEach((name, i) => {
    row[columnOf(name)] = dimensions[i]!
  })
  layout.fields.forEach(({ columns, definition }, field) => {
    const texts = columnTexts(definition, states[field])
    columns.forEach(({ name }, i) => {
      row[name] = textOf(texts[i])
    })
  })
  return row
}

/** A row of anything, as text. */
export function textRow(row: object): TextRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value)]))
}

/** Rows in the order of their text. */
export function inOrder(rows: readonly TextRow[]): TextRow[] {
  return rows
    .map((row) => ({ row, text: textOf(row) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ row }) => row)
}

/** JSON with its keys in order: Postgres keeps them in one of its own. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
