import type { TrackerOptions } from './options.ts'
import type { Tracker } from './types.ts'

/** The tracker that was created last and still lives. */
export function lastTracker(): Tracker<any, any> | undefined {
  const global = globalThis as { [place: symbol]: any }
  const places = Object.getOwnPropertySymbols(global)
  const last = places.filter(({ description }) => description?.startsWith('trackable ')).at(-1)
  return last && global[last]
}

/**
 * The living tracker of the same address and key, or the one that `create` makes. It gets what ends its life, where the
 * tracker posts, and the name of that in everything that pages share.
 */
export function livingTracker(
  options: TrackerOptions,
  create: (onClose: () => void, url: string, scope: string) => Tracker<undefined>,
): Tracker<any, any> {
  const { endpoint, path = '/v1/batches' } = options
  const url = `${endpoint}`.replace(/\/+$/, '') + path
  const scope = `trackable ${url}`
  // On the global object, because hot reloading and a page's second bundle evaluate this module again. A function
  // counts by its source, which hot reloading keeps.
  const place = Symbol.for(`${scope} ${options.key}`)
  const shared = globalThis as { [place]?: Tracker<undefined> }
  const onClose = () => {
    delete shared[place]
  }
  shared[place] ??= create(onClose, url, scope)
  return shared[place]
}
