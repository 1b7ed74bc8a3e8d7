import type { FieldResult } from '../db/field-reads.ts'

/** A row of an answer: text, and what fields read as. */
export type Row = Record<string, string | FieldResult>

/** Rows as JSON: digits bare, or quoted for clients whose numbers end at 2^53. */
export function rowsJson(rows: readonly Row[], quoted: boolean): string {
  const value = (v: string | FieldResult) => {
    if (typeof v === 'string') return JSON.stringify(v)
    if ('json' in v) return v.json
    return quoted ? `"${v.digits}"` : v.digits
  }
  const row = (r: Row) =>
    `{${Object.entries(r)
      .map(([key, v]) => `${JSON.stringify(key)}:${value(v)}`)
      .join(',')}}`
  return `[${rows.map(row).join(',')}]`
}
