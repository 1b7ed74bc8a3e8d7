import { createHash } from 'node:crypto'

const MOST_BYTES = 63
const HASHED = 12

/** A quoted SQL identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A quoted SQL string. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** `schema.name`, quoted. Our own tables and functions start with an underscore, which no dataset's can. */
export function qualified(schema: string, name: string): string {
  return `${quoted(schema)}.${quoted(name)}`
}

/** An array as Postgres reads it from text: the same for both drivers, whatever their own serialisers do. */
export function arrayLiteral(values: readonly (string | number | bigint | null)[]): string {
  return `{${values.map((value) => (typeof value === 'string' ? quotedElement(value) : (value ?? 'null'))).join(',')}}`
}

function quotedElement(text: string): string {
  return /^[A-Za-z0-9.:+-]+$/.test(text) && text.toLowerCase() !== 'null'
    ? text
    : `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** A name made from others, such as an index's: as it is, or its beginning and a hash where Postgres would cut it off. */
export function shortName(name: string): string {
  if (name.length <= MOST_BYTES) return name
  return `${name.slice(0, MOST_BYTES - HASHED - 1)}_${hashOf(name)}`
}

/** Twelve hexadecimal digits of a text's SHA-256. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASHED)
}
