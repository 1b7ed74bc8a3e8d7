import type { TrackerOptions } from './options.ts'
import type { Tracker } from './types.ts'

/** Where the tracker of these options posts. */
export function urlOf({ endpoint, path = '/v1/batches' }: TrackerOptions): string {
  return `${endpoint}`.replace(/\/+$/, '') + path
}

/** The living tracker of the same address and key, or the one that `create` makes. It gets what ends its life. */
export function livingTracker(
  options: TrackerOptions,
  create: (onClose: () => void) => Tracker<undefined>,
): Tracker<any, any> {
  // On the global object, because hot reloading and a page's second bundle evaluate this module again. A function
  // counts by its source, which hot reloading keeps.
  const place = Symbol.for(`${urlOf(options)} ${options.key}`)
  const shared = globalThis as { [place]?: Tracker<undefined> }
  shared[place] ??= create(() => {
    delete shared[place]
  })
  return shared[place]
}
