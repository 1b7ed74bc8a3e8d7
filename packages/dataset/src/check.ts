import type { Dimension, Grain } from './dataset.ts'
import { durationMs } from './duration.ts'
import { DefinitionError } from './error.ts'
import { type Field, hasOrder, isSubtractable } from './field.ts'
import { RESERVED_WORDS, SYSTEM_COLUMNS } from './keywords.ts'
import { fieldColumns } from './layout.ts'
import { columnOf, GRAINS, tableNames } from './names.ts'
import { suggestion } from './nearest.ts'

const NAME = /^[a-z][A-Za-z0-9]{0,40}$/
const NAME_RULE = 'a name is a small letter, then up to 40 letters and digits'
const RESERVED_COLUMNS = ['parent', 'bucket', 'updated_at']
const IDENTIFIER_BYTES = 63
/** Its primary key is named after a table. */
const TABLE_BYTES = IDENTIFIER_BYTES - '_pkey'.length
/** A function of Postgres takes 100 arguments: the fold's are the columns and its keys. */
const MOST_COLUMNS = 80
const KNOWN = {
  definition: [
    'of',
    'parent',
    'label',
    'fields',
    'dimensions',
    'series',
    'public',
    'limits',
    'display',
    'ranked',
  ],
  series: ['grains', 'zone', 'keep'],
  public: ['write', 'decrement', 'read'],
  limits: ['incrementPerEvent'],
  dimension: ['maxLength', 'maxValues'],
}
/** What each kind of field may say beside its label. */
const KNOWN_FIELDS = {
  counter: [],
  sum: ['scale'],
  min: [],
  max: [],
  last: [],
  unique: ['of'],
  distribution: [],
  custom: ['empty', 'add', 'merge', 'result', 'input', 'json'],
} satisfies Record<Field['kind'], string[]>

type Fail = (path: string, reason: string, code?: 'unknown_field') => never
type Plain = Record<string, unknown>

/** Checks a definition that may come from plain JavaScript, where the compiler said nothing. */
export function checkDataset(name: unknown, definition: unknown): void {
  const fail: Fail = (path, reason, code) => {
    throw new DefinitionError(code ?? 'invalid_definition', String(name), path, reason)
  }
  if (typeof name !== 'string' || !NAME.test(name)) fail('name', `${show(name)} is no name; ${NAME_RULE}`)
  const known = objectOf(definition, '', KNOWN.definition, fail)
  optionalName(known.of, 'of', fail)
  optionalText(known.label, 'label', fail)
  oneOf(known.parent ?? 'text', ['text', 'uuid', 'bigint'], 'parent', fail)
  const fields = checkFields(known.fields, fail)
  const dimensions = checkDimensions(known.dimensions ?? {}, fail)
  checkSeries(known.series, fail)
  checkAccess(known, fields, fail)
  checkTables(name as string, fail)
  checkColumns(known.fields as Record<string, Field>, dimensions, fail)
}

function checkFields(value: unknown, fail: Fail): string[] {
  const fields = objectOf(value, 'fields', undefined, fail)
  const names = Object.keys(fields)
  if (names.length === 0 || names.length > 60) fail('fields', `${names.length} fields; expected 1 to 60`)
  for (const [name, field] of Object.entries(fields)) {
    const path = `fields.${name}`
    if (!NAME.test(name)) fail(path, `${show(name)} is no field name; ${NAME_RULE}`)
    checkField(field, path, fail)
  }
  return names
}

function checkField(field: unknown, path: string, fail: Fail): void {
  const kind = (field as Plain | null)?.kind as keyof typeof KNOWN_FIELDS
  if (!Object.hasOwn(KNOWN_FIELDS, kind)) {
    fail(path, `${show(field)} is no field; expected one of ${Object.keys(KNOWN_FIELDS).join('(), ')}()`)
  }
  const known = objectOf(field, path, ['kind', 'label', ...KNOWN_FIELDS[kind]], fail)
  optionalText(known.label, `${path}.label`, fail)
  if (kind === 'sum') wholeNumber(known.scale, 0, 15, `${path}.scale`, fail)
  if (kind === 'unique' && known.of !== undefined) oneOf(known.of, ['visitor'], `${path}.of`, fail)
  // A definition that was stored has no functions; only one that is declared comes here.
  if (kind === 'custom') checkFunctions(known, ['empty', 'add', 'merge', 'result', 'input'], path, fail)
  if (kind === 'custom' && known.json !== undefined) {
    const codec = objectOf(known.json, `${path}.json`, ['encode', 'decode'], fail)
    checkFunctions(codec, ['encode', 'decode'], `${path}.json`, fail)
  }
}

function checkFunctions(of: Plain, names: string[], path: string, fail: Fail): void {
  for (const name of names) {
    if (typeof of[name] !== 'function') fail(`${path}.${name}`, `${show(of[name])}; expected a function`)
  }
}

function checkDimensions(value: unknown, fail: Fail): string[] {
  const dimensions = objectOf(value, 'dimensions', undefined, fail)
  const names = Object.keys(dimensions)
  if (names.length > 8) fail('dimensions', `${names.length} dimensions; expected at most 8`)
  for (const [name, dimension] of Object.entries(dimensions)) {
    const path = `dimensions.${name}`
    if (!NAME.test(name)) fail(path, `${show(name)} is no dimension name; ${NAME_RULE}`)
    const { maxLength, maxValues } = objectOf(dimension, path, KNOWN.dimension, fail) as Dimension
    wholeNumber(maxLength ?? 1, 1, 200, `${path}.maxLength`, fail)
    wholeNumber(maxValues ?? 1, 1, 100_000, `${path}.maxValues`, fail)
  }
  return names
}

function checkSeries(value: unknown, fail: Fail): void {
  if (value === undefined || value === null) return
  const { grains, zone, keep } = objectOf(value, 'series', KNOWN.series, fail)
  if (!Array.isArray(grains) || grains.length === 0) {
    fail('series.grains', `${show(grains)}; expected a list of ${GRAINS.join(', ')}`)
  }
  for (const grain of grains as unknown[]) oneOf(grain, GRAINS, 'series.grains', fail)
  if (new Set(grains as Grain[]).size !== (grains as Grain[]).length)
    fail('series.grains', 'a grain is there twice')
  if (zone !== undefined && !isZone(zone)) {
    fail('series.zone', `${show(zone)} is no time zone; expected an IANA name such as "Europe/Berlin"`)
  }
  for (const [grain, span] of Object.entries(objectOf(keep ?? {}, 'series.keep', undefined, fail))) {
    oneOf(grain, grains as Grain[], 'series.keep', fail)
    if (typeof span !== 'string' || !durationMs(span)) {
      fail(`series.keep.${grain}`, `${show(span)} is no duration; expected one such as "90d"`)
    }
  }
}

function checkAccess(definition: Plain, fields: string[], fail: Fail): void {
  const access = objectOf(definition.public ?? {}, 'public', KNOWN.public, fail)
  for (const [right, names] of Object.entries(access)) fieldList(names ?? [], `public.${right}`, fields, fail)
  const write = (access.write ?? []) as string[]
  for (const name of (access.decrement ?? []) as string[]) {
    if (!write.includes(name)) fail('public.decrement', `field "${name}" must be in public.write too`)
    const { kind } = (definition.fields as Record<string, Field>)[name]!
    if (!isSubtractable(kind)) {
      fail('public.decrement', `field "${name}" is a ${kind}; only from counters and sums can be subtracted`)
    }
  }
  fieldList(definition.display ?? [], 'display', fields, fail)
  checkRanked(definition, fields, fail)
  const { incrementPerEvent } = objectOf(definition.limits ?? {}, 'limits', KNOWN.limits, fail)
  wholeNumber(incrementPerEvent ?? 100, 100, Number.MAX_SAFE_INTEGER, 'limits.incrementPerEvent', fail)
}

function checkRanked({ ranked = [], fields }: Plain, names: string[], fail: Fail): void {
  fieldList(ranked, 'ranked', names, fail)
  for (const name of ranked as string[]) {
    const { kind } = (fields as Record<string, Field>)[name]!
    if (!hasOrder(kind)) fail('ranked', `field "${name}" is a ${kind}, which has no order`)
  }
}

function checkTables(name: string, fail: Fail): void {
  for (const table of tableNames(name)) {
    if (table.length > TABLE_BYTES) {
      fail('name', `its table "${table}" is ${table.length} bytes long, and ${TABLE_BYTES} are the most`)
    }
  }
  if (RESERVED_WORDS.has(columnOf(name))) fail('name', reserved('table', columnOf(name)))
}

/** Columns of fields and dimensions, those of fields with several (`<field>_p50`) too, must be apart. */
function checkColumns(fields: Record<string, Field>, dimensions: string[], fail: Fail): void {
  const own = Object.entries(fields).map(
    ([field, definition]) =>
      [`fields.${field}`, fieldColumns(field, definition).map(({ name }) => name)] as const,
  )
  const count = own.flatMap(([, columns]) => columns).length
  if (count > MOST_COLUMNS) {
    fail(
      'fields',
      `${count} columns; expected at most ${MOST_COLUMNS}: a distribution has 8, last, unique and custom 2`,
    )
  }
  const taken = new Map(RESERVED_COLUMNS.map((column) => [column, 'every table has']))
  for (const column of SYSTEM_COLUMNS) taken.set(column, 'Postgres itself has')
  const named = [
    ...dimensions.map((dimension) => [`dimensions.${dimension}`, [columnOf(dimension)]] as const),
    ...own,
  ]
  for (const [path, columns] of named) {
    for (const column of columns) {
      const by = taken.get(column)
      if (by) fail(path, `its column "${column}" is one that ${by} already; choose another name`)
      if (RESERVED_WORDS.has(column)) fail(path, reserved('column', column))
      if (column.length > IDENTIFIER_BYTES) {
        fail(path, `its column "${column}" is longer than ${IDENTIFIER_BYTES} bytes`)
      }
      taken.set(column, `${path} has`)
    }
  }
}

function reserved(what: string, name: string): string {
  return `its ${what} "${name}" is a word that Postgres reserves and would have to be quoted in every query; choose another name`
}

function fieldList(value: unknown, path: string, fields: string[], fail: Fail): void {
  if (!Array.isArray(value)) fail(path, `${show(value)}; expected a list of field names`)
  for (const name of value as unknown[]) {
    if (typeof name !== 'string' || !fields.includes(name)) {
      fail(path, `no field ${show(name)}; ${suggestion(String(name), fields)}`, 'unknown_field')
    }
  }
}

function objectOf(value: unknown, path: string, known: readonly string[] | undefined, fail: Fail): Plain {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail(path, `${show(value)}; expected an object`)
  }
  for (const key of known ? Object.keys(value as Plain) : []) {
    if (!known?.includes(key)) {
      fail(path ? `${path}.${key}` : key, `no such option; ${suggestion(key, known ?? [])}`)
    }
  }
  return value as Plain
}

function oneOf(value: unknown, allowed: readonly string[], path: string, fail: Fail): void {
  if (!allowed.includes(value as string)) fail(path, `${show(value)}; expected one of ${allowed.join(', ')}`)
}

function wholeNumber(value: unknown, least: number, most: number, path: string, fail: Fail): void {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
    fail(path, `${show(value)}; expected a whole number from ${least} to ${most}`)
  }
}

function optionalName(value: unknown, path: string, fail: Fail): void {
  if (value !== undefined && (typeof value !== 'string' || !NAME.test(value))) {
    fail(path, `${show(value)} is no name; ${NAME_RULE}`)
  }
}

function optionalText(value: unknown, path: string, fail: Fail): void {
  if (value !== undefined && (typeof value !== 'string' || value.length > 200)) {
    fail(path, `${show(value)}; expected text of at most 200 characters`)
  }
}

function isZone(value: unknown): boolean {
  try {
    return typeof value === 'string' && Boolean(new Intl.DateTimeFormat('en', { timeZone: value }))
  } catch {
    return false
  }
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? String(value)
}
