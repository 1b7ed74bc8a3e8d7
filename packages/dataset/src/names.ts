import type { Grain } from './dataset.ts'

/** Every grain, narrow to wide. */
export const GRAINS: readonly Grain[] = ['minute', 'hour', 'day', 'week', 'month', 'year']

/** The column of a field or dimension, and the table of a dataset: its name in snake_case. */
export function columnOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** Which table of a dataset: totals (one row a parent), by dimensions, or one grain of the series. */
export type TableKind = 'totals' | 'dimensions' | Grain

/** The name of one of a dataset's tables, without its schema. */
export function tableOf(dataset: string, kind: TableKind): string {
  return kind === 'totals' ? columnOf(dataset) : `${columnOf(dataset)}_by_${kind}`
}

/** The view of a dataset's totals whose columns bear the table's name, so that none is one of another table. */
export function viewOf(dataset: string): string {
  return `${columnOf(dataset)}_prefixed`
}

/** Every name of a table or view that a dataset may use, now or after a grain or dimension was added. */
export function tableNames(dataset: string): string[] {
  const tables = (['totals', 'dimensions', ...GRAINS] as const).map((kind) => tableOf(dataset, kind))
  return [...tables, viewOf(dataset)]
}
