import { basename, resolve } from 'node:path'
import { wrongUsage } from '../error.ts'
import { parseArithmetic, parseCondition } from '../expression/parse.ts'
import { nameOf } from '../import/identity.ts'
import type { Mapping } from '../mapping/mapping.ts'
import { createReadTime } from '../mapping/time.ts'

/** The sources that can be read. */
export type SourceName = 'csv' | 'ndjson'

/** What becomes of the events. */
export type Target =
  | { kind: 'send' | 'try'; url: string; key: string }
  | { kind: 'add up' }
  | { kind: 'write'; file: string }

/** Everything that the command line and the environment decide, checked. */
export interface Settings {
  source: SourceName
  inputs: readonly string[]
  mapping: Mapping
  target: Target
  /** Only show how so many first rows become events. */
  peek: number | undefined
  /** The name of the import. */
  name: string
  json: boolean
  /** The file for rejects; beside each input if undefined. */
  rejects: string | undefined
  delimiter: string | undefined
}

/** Options as the command line gives them. */
export interface Flags {
  to?: string
  key?: string
  dataset?: string
  parent?: string
  at?: string
  atValue?: string
  field?: string[]
  dimension?: string[]
  where?: string
  zone?: string
  name?: string
  dryRun?: boolean
  peek?: string
  json?: boolean
  out?: string
  rejects?: string
  delimiter?: string
}

/** The environment; the one place that reads it. */
export const environment: Record<string, string | undefined> = process.env

const LONGEST_NAME = 200

/**
 * Reads settings from flags, then environment, then defaults.
 * @throws ConvertError of wrong usage that lists every problem, each with its value and what was expected
 */
export function readSettings(
  source: SourceName,
  inputs: readonly string[],
  flags: Flags,
  env = environment,
): Settings {
  const problems: string[] = []
  const attempt = <T>(option: string, read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      problems.push(`${option}: ${(error as Error).message}`)
      return undefined
    }
  }
  const dataset = attempt('--dataset', () => required(flags.dataset, 'the name of the dataset'))
  const mapping = readMapping(flags, dataset ?? '', attempt)
  const peek = attempt('--peek', () => (flags.peek === undefined ? undefined : readCount(flags.peek)))
  const target = attempt('--to', () => readTarget(flags, peek !== undefined, env))
  const name = attempt('--name', () =>
    readName(flags.name ?? nameOf(source, dataset ?? '', inputs.map(nameOfInput))),
  )
  const delimiter = attempt('--delimiter', () => readDelimiter(flags.delimiter))
  if (problems.length > 0) throw wrongUsage(problems.join('\n'))
  return {
    source,
    inputs,
    mapping,
    target: target as Target,
    peek,
    name: name as string,
    json: flags.json ?? false,
    rejects: flags.rejects,
    delimiter,
  }
}

type Attempt = <T>(option: string, read: () => T) => T | undefined

function readMapping(flags: Flags, dataset: string, attempt: Attempt): Mapping {
  const zone = attempt('--zone', () => readZone(flags.zone ?? 'UTC')) ?? 'UTC'
  const fields = (flags.field ?? []).map((text) =>
    attempt('--field', () => {
      const [name, expression] = pair(text, 'name=EXPR, such as revenue=Quantity*UnitPrice')
      return { name, value: parseArithmetic(expression) }
    }),
  )
  const dimensions = (flags.dimension ?? []).map((text) =>
    attempt('--dimension', () => {
      const [name, column] = pair(text, 'name=COLUMN, such as country=Country')
      return { name, column }
    }),
  )
  attempt('--field', () => required(flags.field?.[0], 'at least one name=EXPR, such as orders=1'))
  attempt('--field', () => once(fields.map((field) => field?.name)))
  attempt('--dimension', () => once(dimensions.map((dimension) => dimension?.name)))
  const isThere = <T>(value: T | undefined): value is T => value !== undefined
  return {
    dataset,
    parent: attempt('--parent', () => required(flags.parent, 'the column with the parent')) ?? '',
    at: attempt('--at', () => readAt(flags, zone)) ?? 0,
    fields: fields.filter(isThere),
    dimensions: dimensions.filter(isThere),
    where: attempt('--where', () => (flags.where === undefined ? undefined : parseCondition(flags.where))),
    zone,
  }
}

function readAt({ at, atValue }: Flags, zone: string): string | number {
  if (at !== undefined && atValue !== undefined) throw wrongUsage('give a column, or --at-value, not both')
  if (at !== undefined) return at
  const text = required(atValue, 'the column with the time, or --at-value TIME for all rows')
  const time = createReadTime(zone)(text)
  if (time === undefined) throw wrongUsage(`--at-value ${JSON.stringify(text)} is no time; expected ISO 8601`)
  return time
}

function readTarget(flags: Flags, peek: boolean, env: Record<string, string | undefined>): Target {
  if (flags.out !== undefined) {
    if (flags.to || flags.dryRun) throw wrongUsage('--out writes to a file; leave --to and --dry-run out')
    return { kind: 'write', file: flags.out }
  }
  const url = flags.to ?? env.TRACKABLE_TO
  if (!url) {
    if (peek || flags.dryRun) return { kind: 'add up' }
    throw wrongUsage('missing; expected the address of a collector (or --out FILE, --dry-run, --peek N)')
  }
  if (!/^https?:\/\/./.test(url) || !URL.canParse(url)) {
    throw wrongUsage(`${JSON.stringify(url)} is no address; expected one such as https://stats.example.com`)
  }
  const key = flags.key ?? env.TRACKABLE_KEY
  if (!key) throw wrongUsage('needs --key sk_… (or TRACKABLE_KEY), a secret key of that collector')
  return { kind: flags.dryRun ? 'try' : 'send', url, key }
}

function readZone(zone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return zone
  } catch {
    throw wrongUsage(`${JSON.stringify(zone)} is no time zone; expected an IANA name such as Europe/London`)
  }
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw wrongUsage(`${JSON.stringify(text)}; expected how many rows, such as 5`)
}

function readName(name: string): string {
  const fits = name.length > 0 && name.length <= LONGEST_NAME && !name.includes('\u0000')
  if (fits) return name
  throw wrongUsage(`${JSON.stringify(name.slice(0, 80))}; expected 1 to ${LONGEST_NAME} characters`)
}

function readDelimiter(text: string | undefined): string | undefined {
  const delimiter = text === '\\t' || text === 'tab' ? '\t' : text
  if (delimiter === undefined || /^[^"\r\n]$/.test(delimiter)) return delimiter
  throw wrongUsage(`${JSON.stringify(text)}; expected one character, or tab`)
}

function nameOfInput(path: string): string {
  return path === '-' ? path : basename(resolve(path))
}

function required(value: string | undefined, expected: string): string {
  if (value) return value
  throw wrongUsage(`missing; expected ${expected}`)
}

function pair(text: string, expected: string): [string, string] {
  const at = text.indexOf('=')
  const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1)]
  if (at < 0 || !name || !value.trim()) throw wrongUsage(`${JSON.stringify(text)}; expected ${expected}`)
  return [name, value]
}

function once(names: readonly (string | undefined)[]): void {
  const twice = names.find((name, index) => name !== undefined && names.indexOf(name) !== index)
  if (twice !== undefined) throw wrongUsage(`${JSON.stringify(twice)} is there twice`)
}
