import { wrongUsage } from '../../error.ts'
import type { Flags } from '../../settings/flags.ts'
import { readCount } from '../../settings/read.ts'

/** `attr:app.Model[:attr]`: the parent is the object of that model whose second attribute is the row's first. */
export interface MatchSpec {
  from: string
  model: string
  /** Undefined for the one of the same name, or the primary key where there is none such. */
  to: string | undefined
}

/** What the options of `convert_tracking_data` say. */
export interface DjangoOptions {
  /** The model whose rows are read, `app.Model` or its table; found by its columns where undefined. */
  model: string | undefined
  /** The attributes that lead to the parent, `a.b.c`. */
  link: string
  match: MatchSpec | undefined
  /** Of which kind of parent, `app.model`, where rows of several stand in one table. */
  contentType: string | undefined
  maxRecords: number | undefined
  orderBy: readonly { path: string; descending: boolean }[]
  /** The names of the columns that are added up. */
  updated: readonly string[]
  dataset: string
}

/** The name under which the mapping knows the parent. */
export const PARENT = 'parent'
/** The day of a row of a time series. */
export const DAY = 'collected_during'

/** Reads them. @throws ConvertError of wrong usage */
export function readOptions(flags: Flags): DjangoOptions {
  return {
    model: flags.model,
    link: flags.linkField ?? PARENT,
    match: flags.matchSpec === undefined ? undefined : readMatch(flags),
    contentType: flags.contentType?.toLowerCase(),
    maxRecords:
      flags.maxRecords === undefined ? undefined : readCount(flags.maxRecords, 'records of --max-records'),
    orderBy: listOf(flags.orderBy).map((text) => ({
      path: text.replace(/^-/, '').replaceAll('__', '.'),
      descending: text.startsWith('-'),
    })),
    updated: pairsOf('--update-fields', flags.updateFields).map(([from]) => from),
    dataset: flags.dataset ?? '',
  }
}

/** The fields and dimensions that `--update-fields` and `--key-fields` mean. The day of a series is its time. */
export function deriveMapping(flags: Flags): Flags {
  const fields = pairsOf('--update-fields', flags.updateFields).map(([from, to]) => `${to}=${quoted(from)}`)
  const keys = pairsOf('--key-fields', flags.keyFields)
  const at = keys.find(([, to]) => to === 'at')?.[0] ?? flags.at
  const days = [at ?? DAY, DAY]
  const dimensions = keys.filter(([from]) => !days.includes(from)).map(([from, to]) => `${to}=${from}`)
  return {
    ...flags,
    ...(at === undefined || flags.atValue !== undefined ? {} : { at }),
    field: [...(flags.field ?? []), ...fields],
    dimension: [...(flags.dimension ?? []), ...dimensions],
  }
}

function readMatch({ matchSpec = '' }: Flags): MatchSpec {
  const [from, model, to, ...more] = matchSpec.split(':')
  if (from && model?.includes('.') && to !== '' && more.length === 0) return { from, model, to }
  throw wrongUsage(`--match-spec: ${JSON.stringify(matchSpec)}; expected attr:app.Model[:attr]`)
}

function pairsOf(option: string, text: string | undefined): [string, string][] {
  return listOf(text).map((pair) => {
    const [from, to = from, ...more] = pair.split(':')
    if (from && to && more.length === 0) return [from, to]
    throw wrongUsage(`${option}: ${JSON.stringify(pair)}; expected src:dst, several with commas between`)
  })
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
}

function quoted(column: string): string {
  return `"${column.replaceAll('"', '""')}"`
}
