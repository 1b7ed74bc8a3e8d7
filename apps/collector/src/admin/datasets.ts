import type { Dataset, Field } from '@trackable/dataset'
import { aggregateOf } from '@trackable/dataset/fold'

/**
 * Datasets as they are sent to a collector that is to migrate to them: JSON has no functions, so a `custom()` field
 * carries its empty state, which is what its column begins with, in place of the function that makes it.
 */
export function sentDatasets(datasets: readonly Dataset[]): unknown[] {
  return datasets.map((dataset) => ({
    ...dataset,
    fields: mapped(dataset.fields, (field) =>
      field.kind === 'custom' ? { ...field, empty: JSON.parse(aggregateOf(field).empty()) } : field,
    ),
  }))
}

/** The datasets that were sent so: enough to make their tables, and the same in JSON as where they came from. */
export function receivedDatasets(sent: readonly Dataset[]): Dataset[] {
  return sent.map((dataset) => ({
    ...dataset,
    fields: mapped(dataset.fields, (field) => {
      if (field.kind !== 'custom') return field
      const { empty } = field
      const json = { encode: (state: unknown) => state, decode: (state: unknown) => state }
      return { ...field, empty: () => empty, ...(field.json ? { json } : {}) }
    }),
  })) as Dataset[]
}

function mapped(fields: Record<string, Field>, change: (field: Field) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, change(field)]))
}
