import type { Dataset } from './dataset.ts'
import { DefinitionError } from './error.ts'
import { tableNames } from './names.ts'
import { suggestion } from './nearest.ts'

/** A whole configuration: its datasets, and how to find one. */
export interface Config<Datasets extends readonly Dataset<any, any, any, any, any>[] = readonly Dataset[]> {
  readonly datasets: Datasets
  /** The dataset of that name. @throws DefinitionError `unknown_dataset` with the nearest name. */
  dataset(name: string): Dataset
  /** The datasets on one kind of parent, first declared first; empty where there is none. */
  datasetsOf(kind: string): Dataset[]
}

/**
 * Declares the configuration that `trackable.config.ts` exports by default.
 * @throws DefinitionError `duplicate_dataset` for a name (or a table) declared twice.
 * @example export default defineConfig({ datasets: [article, product] })
 */
export function defineConfig<const Datasets extends readonly Dataset<any, any, any, any, any>[]>(definition: {
  datasets: Datasets
}): Config<Datasets> {
  const datasets = definition?.datasets as readonly Dataset[]
  if (!Array.isArray(datasets) || datasets.length === 0) {
    throw new DefinitionError(
      'invalid_definition',
      '',
      'datasets',
      'expected a list of at least one defineDataset(…)',
    )
  }
  const byName = new Map<string, Dataset>()
  const tables = new Map<string, string>()
  datasets.forEach((dataset, index) => {
    if (typeof dataset?.name !== 'string' || !Object.isFrozen(dataset)) {
      const path = `datasets[${index}]`
      throw new DefinitionError('invalid_definition', '', path, 'expected what defineDataset(…) gives')
    }
    if (byName.has(dataset.name)) {
      throw new DefinitionError(
        'duplicate_dataset',
        dataset.name,
        `datasets[${index}]`,
        'this name is declared twice',
      )
    }
    byName.set(dataset.name, dataset)
    for (const table of tableNames(dataset.name)) {
      const other = tables.get(table)
      if (other) {
        const reason = `its table "${table}" is one of dataset "${other}" too; choose another name`
        throw new DefinitionError('duplicate_dataset', dataset.name, 'name', reason)
      }
      tables.set(table, dataset.name)
    }
  })
  return Object.freeze({
    datasets: Object.freeze([...datasets]) as unknown as Datasets,
    dataset(name: string): Dataset {
      const found = byName.get(name)
      if (found) return found
      const reason = `no such dataset; ${suggestion(name, [...byName.keys()])}`
      throw new DefinitionError('unknown_dataset', name, '', reason)
    },
    datasetsOf: (kind: string) => datasets.filter((dataset) => dataset.of === kind),
  })
}
