import { lastTracker } from '../instances.ts'

/** Any tracker, whatever its datasets. */
export interface AnyTracker {
  increment(dataset: any, parent: any, field: any): void
}

/** Counts one, with the tracker that was given or the one that the page created last. */
export function count(
  tracker: AnyTracker | undefined,
  dataset: unknown,
  parent: unknown,
  field: unknown,
): void {
  const counting = tracker ?? lastTracker()
  if (counting) counting.increment(dataset, parent, field)
  else console.warn('trackable: nothing is counted before createTracker() is called')
}

/**
 * Counts what an attribute names, such as `article:42:impressions`: the dataset before the first colon, the field
 * after the last. The tracker tells `onError` of one that names no field.
 */
export function countNamed(tracker: AnyTracker | undefined, value: string): void {
  const [, dataset = value, parent, field] = /^([^:]*):(.*):([^:]*)$/s.exec(value) ?? []
  count(tracker, dataset, parent, field)
}
