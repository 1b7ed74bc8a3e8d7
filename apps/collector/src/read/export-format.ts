/** The formats of an export. */
export const FORMATS = ['csv', 'ndjson'] as const

/** One of them. */
export type Format = (typeof FORMATS)[number]

/**
 * Makes rows of text lines of a format. CSV is RFC 4180 with a line of names first; in NDJSON numbers are bare, with
 * all their digits.
 */
export function encoderOf(
  format: Format,
  keys: readonly string[],
  fields: readonly string[],
): (rows: string[][], first: boolean) => string {
  const names = [...keys, ...fields]
  if (format === 'csv') {
    const line = (cells: string[]) => `${cells.map(cell).join(',')}\r\n`
    return (rows, first) => (first ? line(names) : '') + rows.map(line).join('')
  }
  const heads = names.map((name) => `${JSON.stringify(name)}:`)
  return (rows) =>
    rows
      .map(
        (row) =>
          `{${row.map((value, i) => heads[i] + (i < keys.length ? JSON.stringify(value) : json(value))).join(',')}}\n`,
      )
      .join('')
}

function json(value: string): string {
  return /^-?\d+(\.\d+)?$/.test(value) ? value : JSON.stringify(value)
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
