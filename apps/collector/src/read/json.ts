/** A number that is written with all its digits, which a JavaScript number may not have. */
export interface Digits {
  digits: string
}

/** A row of an answer. */
export type Row = Record<string, string | Digits>

/** Rows as JSON: digits bare, or quoted for clients whose numbers end at 2^53. */
export function rowsJson(rows: readonly Row[], quoted: boolean): string {
  const value = (v: string | Digits) =>
    typeof v === 'string' ? JSON.stringify(v) : quoted ? `"${v.digits}"` : v.digits
  const row = (r: Row) =>
    `{${Object.entries(r)
      .map(([key, v]) => `${JSON.stringify(key)}:${value(v)}`)
      .join(',')}}`
  return `[${rows.map(row).join(',')}]`
}
