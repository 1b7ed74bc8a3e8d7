import type { Dataset } from '@trackable/dataset'
import type { Definitions, LoggedEvent } from '../log/event-log.ts'

/** A logged event by the names that it was sent with, for people. Inputs are in their logged form. */
export function readable(
  [index, parent, at, fields, dimensions = []]: LoggedEvent,
  definitions: Definitions,
) {
  const dataset = definitions[index] as Dataset
  const fieldNames = Object.keys(dataset.fields)
  const inputs: Record<string, unknown> = {}
  for (let i = 0; i < fields.length; i += 2) inputs[fieldNames[fields[i] as number] ?? '?'] = fields[i + 1]
  const names = Object.keys(dataset.dimensions)
  return {
    dataset: dataset.name,
    parent,
    at: new Date(at).toISOString(),
    fields: inputs,
    dimensions: Object.fromEntries(dimensions.map((value, i) => [names[i], value])),
  }
}
