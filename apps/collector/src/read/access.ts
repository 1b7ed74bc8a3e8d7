import { type Dataset, suggestion } from '@trackable/dataset'
import type { Context } from 'hono'
import { type Refusal, refuse } from '../answer.ts'
import { QUANTILES } from '../db/field-reads.ts'
import type { Key, KeyRing } from '../keys.ts'
import { bearerOf, keyInQuery, validKey } from '../presented-key.ts'

/** The key of a read, from the header; or a write key from `?key=`. */
export function readerKey(c: Context, keys: KeyRing): Key | Refusal {
  const bearer = bearerOf(c.req.header('authorization'))
  return bearer === undefined ? keyInQuery(keys, c.req.queries('key')) : validKey(keys, bearer)
}

/** What a read asks, names checked. */
export interface Asked {
  dataset: Dataset
  fields: string[]
  /** Dimensions to group by. */
  by: string[]
  /** What is read of distributions. */
  quantiles: readonly number[]
}

/** The dataset and fields that a read asks for, where its key may read them. */
export function readable(
  c: Context,
  key: Key,
  datasets: readonly Dataset[],
  name = c.req.param('dataset') ?? '',
): { dataset: Dataset; fields: string[] } | Refusal {
  const dataset = datasets.find((candidate) => candidate.name === name)
  if (!dataset) {
    return refuse(
      'not_found',
      `no dataset "${name}"; ${suggestion(
        name,
        datasets.map((known) => known.name),
      )}`,
    )
  }
  if (key.datasets.length > 0 && !key.datasets.includes(name)) {
    return refuse('forbidden', `this key may not read dataset "${name}"`)
  }
  const allowed = key.kind === 'secret' ? Object.keys(dataset.fields) : dataset.public.read
  const asked = listed(c, 'fields').filter(Boolean)
  for (const field of asked) {
    if (!Object.hasOwn(dataset.fields, field)) {
      return refuse('malformed', `no field "${field}"; ${suggestion(field, Object.keys(dataset.fields))}`)
    }
    if (!allowed.includes(field)) return refuse('forbidden', `field "${field}" is not in public.read`)
  }
  const fields = asked.length > 0 ? asked : [...allowed]
  return fields.length > 0
    ? { dataset, fields }
    : refuse('forbidden', `dataset "${name}" has no public.read field`)
}

/** What a query parameter lists, with commas or more than once; nothing where it is not there. */
function listed(c: Context, name: string): string[] {
  return (c.req.queries(name) ?? []).flatMap((list) => list.split(','))
}

/** The dimensions of `?by=`, each declared. */
export function groupedBy(c: Context, dataset: Dataset): string[] | Refusal {
  const by = listed(c, 'by').filter(Boolean)
  const known = Object.keys(dataset.dimensions)
  const wrong = by.find((name) => !known.includes(name))
  return wrong === undefined
    ? [...new Set(by)]
    : refuse('malformed', `no dimension "${wrong}"; ${suggestion(wrong, known)}`)
}

const MOST_QUANTILES = 20

/** The quantiles of `?quantiles=0.5,0.999`, each from 0 to 1. */
export function askedQuantiles(c: Context): readonly number[] | Refusal {
  const texts = listed(c, 'quantiles')
  if (texts.length === 0) return QUANTILES
  const wrong = texts.find((text) => !/^(0?\.\d{1,6}|[01](\.0{1,6})?)$/.test(text))
  if (wrong !== undefined || texts.length > MOST_QUANTILES) {
    return refuse(
      'malformed',
      `quantiles are at most ${MOST_QUANTILES} numbers from 0 to 1, such as 0.5,0.999`,
    )
  }
  return texts.map(Number)
}
