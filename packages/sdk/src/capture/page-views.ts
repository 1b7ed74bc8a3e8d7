import type { RegisteredDatasets, Trackable, TrackableOf } from '../types.ts'
import { whenShown } from './shown.ts'
import { type AnyTracker, count } from './target.ts'

/**
 * Counts a view of the page now, and of each one that it becomes by the History API or by coming back: when path or
 * parent is another than before. Returns what stops it.
 * @param parentOf whose page an address is; undefined where it is nobody's
 * @param tracker default: the one that the page created last
 * @example capturePageViews('article', 'views', ({ pathname }) => /^\/articles\/(\w+)$/.exec(pathname)?.[1])
 */
export function capturePageViews<
  const Name extends keyof Table & string,
  Table extends Record<string, Trackable> = TrackableOf<RegisteredDatasets>,
>(
  dataset: Name,
  field: Table[Name]['additive'],
  parentOf: (url: URL) => Table[Name]['parent'] | null | undefined,
  tracker?: AnyTracker,
): () => void {
  const listening = new AbortController()
  const { signal } = listening
  let last: string | undefined

  function look(): void {
    try {
      const url = new URL(location.href)
      const parent = parentOf(url)
      const page = `${url.pathname} ${parent}`
      if (page === last) return
      last = page
      if (parent != null) count(tracker, dataset, parent, field)
    } catch (error) {
      // Thrown here, it would end the navigation of the page's router.
      reportError(error)
    }
  }
  const restore: (() => void)[] = []
  const stopWaiting = whenShown(() => {
    restore.push(patch('pushState', look), patch('replaceState', look))
    look()
    addEventListener('popstate', look, { signal })
    const onShow = ({ persisted }: PageTransitionEvent) => {
      if (!persisted) return
      last = undefined
      look()
    }
    addEventListener('pageshow', onShow, { signal })
  })
  return () => {
    stopWaiting()
    listening.abort()
    for (const undo of restore) undo()
  }
}

/** Calls back after each call of a method of the history. Returns what takes that back. */
function patch(method: 'pushState' | 'replaceState', callback: () => void): () => void {
  const original = history[method]
  let living = true
  const patched: typeof original = (...parts) => {
    original.apply(history, parts)
    if (living) callback()
  }
  history[method] = patched
  return () => {
    living = false
    // Somebody else may have patched it since.
    if (history[method] === patched) history[method] = original
  }
}
