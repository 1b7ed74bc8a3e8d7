import type { TrackerOptions } from './options.ts'
import type { Tracker } from './types.ts'

// Kept on the global object, because hot reloading and a page's second bundle evaluate this module again.
const LIVING = Symbol.for('trackable')

/** Where the tracker of these options posts. */
export function urlOf({ endpoint, path = '/v1/batches' }: TrackerOptions): string {
  return `${endpoint}`.replace(/\/+$/, '') + path
}

/** The tracker that was created last and still lives. */
export function lastTracker(): Tracker<any, any> | undefined {
  const { [LIVING]: living } = globalThis as { [LIVING]?: Map<string, Tracker<any, any>> }
  return [...(living?.values() ?? [])].at(-1)
}

/** The living tracker of the same address and key, or the one that `create` makes. It gets what ends its life. */
export function livingTracker(
  options: TrackerOptions,
  create: (onClose: () => void) => Tracker<undefined>,
): Tracker<any, any> {
  const shared = globalThis as { [LIVING]?: Map<string, Tracker<any, any>> }
  shared[LIVING] ??= new Map()
  const living = shared[LIVING]
  // A function counts by its source, which hot reloading keeps.
  const name = `${urlOf(options)} ${options.key}`
  const tracker = living.get(name) ?? create(() => living.delete(name))
  living.set(name, tracker)
  return tracker
}
