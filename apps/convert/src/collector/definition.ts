import { type Dataset, type Field, suggestion } from '@trackable/dataset'
import { readerOf } from '@trackable/dataset/fold'
import type { RejectCode } from '@trackable/protocol'
import { wrongUsage } from '../error.ts'
import type { Mapping } from '../mapping/mapping.ts'

/**
 * The definition that a mapping writes to, and the mapping with the kinds of its fields.
 * @throws ConvertError for names that were not declared, and for what their kinds cannot take, all at once
 */
export function resolveNames(
  mapping: Mapping,
  datasets: readonly Dataset[],
): { dataset: Dataset; mapping: Mapping } {
  const dataset = datasets.find(({ name }) => name === mapping.dataset)
  if (!dataset)
    throw wrongUsage(
      unknown(
        'dataset',
        mapping.dataset,
        datasets.map(({ name }) => name),
      ),
    )
  const fields = Object.keys(dataset.fields)
  const dimensions = Object.keys(dataset.dimensions)
  const problems = [
    ...mapping.fields.flatMap(({ name, value }) => {
      const field = dataset.fields[name]
      if (!field) return unknown(`field of dataset "${dataset.name}"`, name, fields)
      return unfit(field, name, value) ?? []
    }),
    ...mapping.dimensions
      .filter(({ name }) => !dimensions.includes(name))
      .map(({ name }) => unknown(`dimension of dataset "${dataset.name}"`, name, dimensions)),
  ]
  if (problems.length > 0) throw wrongUsage(problems.join('\n'))
  const known = mapping.fields.map((field) => ({ ...field, kind: dataset.fields[field.name]?.kind }))
  return { dataset, mapping: { ...mapping, fields: known } }
}

/** Why a field does not take what is meant for it; undefined where it does. */
function unfit(field: Field, name: string, value: Mapping['fields'][number]['value']): string | undefined {
  if (field.kind !== 'unique') return undefined
  const what = `field ${JSON.stringify(name)} counts`
  if (field.of === 'visitor') return `${what} who sends, and takes nothing from a row`
  return value.kind === 'column'
    ? undefined
    : `${what} distinct values; expected ${name}=COLUMN, and no arithmetic`
}

/** What a collector says about an event that it does not take. */
export interface ExpectedReject {
  code: RejectCode
  message: string
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const INT64 = 2n ** 63n
const LONGEST_PARENT = 200

/**
 * Why the collector rejected an event of a batch that it has already. A batch that is known is not sent again, so
 * that nobody can be asked; without this, the count of rejected rows would depend on how often a run was begun anew.
 */
export function expectedReject(
  json: string,
  { parent, fields, dimensions }: Dataset,
): ExpectedReject | undefined {
  const event = JSON.parse(json) as {
    parent: string
    fields: Record<string, unknown>
    dimensions?: Record<string, string>
  }
  if (!isParent(parent, event.parent)) return { code: 'invalid_parent', message: `parent is no ${parent}` }
  for (const [name, value] of Object.entries(event.fields)) {
    const field = fields[name] as Field
    // What its own function takes only the collector knows, which has the function.
    if (field.kind !== 'custom' && readerOf(field, String)(value) === undefined) {
      return { code: 'invalid_value', message: `field "${name}" is ${JSON.stringify(value)}` }
    }
  }
  for (const [name, value] of Object.entries(event.dimensions ?? {})) {
    const most = dimensions[name]?.maxLength ?? 0
    if (value !== '(other)' && ([...value].length > most || !isStorable(value))) {
      return { code: 'invalid_value', message: `dimension "${name}" is longer than ${most} characters` }
    }
  }
  return undefined
}

function isParent(type: Dataset['parent'], text: string): boolean {
  if (type === 'uuid') return UUID.test(text)
  if (type === 'text') return [...text].length <= LONGEST_PARENT && isStorable(text)
  return /^-?\d{1,19}$/.test(text) && BigInt(text) < INT64 && BigInt(text) >= -INT64
}

function isStorable(text: string): boolean {
  return !text.includes('\u0000') && !/\p{Surrogate}/u.test(text)
}

function unknown(what: string, name: string, allowed: readonly string[]): string {
  return `no ${what} ${JSON.stringify(name)}; ${suggestion(name, allowed)}`
}
