import type { FieldResult } from '../db/field-reads.ts'

/** The formats of an export. */
export const FORMATS = ['csv', 'ndjson'] as const

/** One of them. */
export type Format = (typeof FORMATS)[number]

/** A row: the texts of its key, and what its fields read as. */
export interface ExportedRow {
  key: string[]
  results: FieldResult[]
}

/**
 * Makes rows lines of a format. CSV is RFC 4180 with a line of names first: nothing for null, and JSON in the cell of what
 * is more than a number. In NDJSON numbers are bare, with all their digits.
 */
export function encoderOf(
  format: Format,
  keys: readonly string[],
  fields: readonly string[],
): (rows: ExportedRow[], first: boolean) => string {
  const names = [...keys, ...fields]
  if (format === 'csv') {
    const line = (cells: string[]) => `${cells.map(cell).join(',')}\r\n`
    return (rows, first) =>
      (first ? line(names) : '') +
      rows.map(({ key, results }) => line([...key, ...results.map(cellText)])).join('')
  }
  const heads = names.map((name) => `${JSON.stringify(name)}:`)
  return (rows) =>
    rows
      .map(({ key, results }) => [...key.map((text) => JSON.stringify(text)), ...results.map(textOf)])
      .map((values) => `{${values.map((value, i) => heads[i] + value).join(',')}}\n`)
      .join('')
}

function textOf(result: FieldResult): string {
  return 'digits' in result ? result.digits : result.json
}

function cellText(result: FieldResult): string {
  const text = textOf(result)
  return text === 'null' ? '' : text
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
