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
