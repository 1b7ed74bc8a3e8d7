import { wrongUsage } from '../error.ts'
import { parseArithmetic, parseCondition } from '../expression/parse.ts'
import type { Mapping } from '../mapping/mapping.ts'
import { createReadTime } from '../mapping/time.ts'
import type { Source } from '../sources/source.ts'
import type { Flags } from './flags.ts'
import { type Attempt, pair, required } from './read.ts'

/** Reads how rows become events, from flags and from what the source has where they say nothing. */
export function readMapping(
  flags: Flags,
  { parent, at, userAgent }: NonNullable<Source['defaults']>,
  attempt: Attempt,
): Mapping {
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
    dataset: flags.dataset ?? '',
    parent: attempt('--parent', () => required(flags.parent ?? parent, 'the column with the parent')) ?? '',
    pathToParent: attempt('--path-to-parent', () => readPattern(flags.pathToParent)),
    at: attempt('--at', () => readAt(flags, at, zone)) ?? 0,
    fields: fields.filter(isThere),
    dimensions: dimensions.filter(isThere),
    where: attempt('--where', () => (flags.where === undefined ? undefined : parseCondition(flags.where))),
    zone,
    userAgent,
  }
}

function readPattern(text: string | undefined): RegExp | undefined {
  try {
    return text === undefined ? undefined : new RegExp(text, 'u')
  } catch (error) {
    throw wrongUsage(`${JSON.stringify(text)} is no regular expression: ${(error as Error).message}`)
  }
}

function readAt({ at, atValue }: Flags, usual: string | undefined, zone: string): string | number {
  if (at !== undefined && atValue !== undefined) throw wrongUsage('give a column, or --at-value, not both')
  if (at !== undefined) return at
  if (atValue === undefined) {
    return required(usual, 'the column with the time, or --at-value TIME for all rows')
  }
  const time = createReadTime(zone)(atValue)
  if (time !== undefined) return time
  throw wrongUsage(`--at-value ${JSON.stringify(atValue)} is no time; expected ISO 8601`)
}

function readZone(zone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return zone
  } catch {
    throw wrongUsage(`${JSON.stringify(zone)} is no time zone; expected an IANA name such as Europe/London`)
  }
}

function once(names: readonly (string | undefined)[]): void {
  const twice = names.find((name, index) => name !== undefined && names.indexOf(name) !== index)
  if (twice !== undefined) throw wrongUsage(`${JSON.stringify(twice)} is there twice`)
}
