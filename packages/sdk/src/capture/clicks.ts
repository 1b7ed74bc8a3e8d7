import { watchRoots } from './roots.ts'
import { type AnyTracker, countNamed } from './target.ts'

const ATTRIBUTE = 'data-track-click'

/**
 * Counts the clicks on each element with `data-track-click="article:42:clickThroughs"`, whatever the page's own
 * listeners do: by mouse, touch or keyboard, and on links also those of the middle button. Of elements inside each
 * other the innermost counts. It is tracked within the click's own task, before a link is followed. Returns what stops it.
 * @param tracker default: the one that the page created last
 */
export function captureClicks(tracker?: AnyTracker): () => void {
  const listening = new AbortController()
  const known = new WeakSet<Event>()

  function onClick(event: MouseEvent): void {
    const path = event.composedPath() as Partial<HTMLAnchorElement>[]
    const follows = !event.button || (event.button === 1 && path.some(({ href }) => href))
    const value = path.map((element) => element.getAttribute?.(ATTRIBUTE)).find((found) => found != null)
    if (!follows || value == null || known.has(event)) return
    // A click within a shadow root is heard there and outside.
    known.add(event)
    countNamed(tracker, value)
  }
  const stopWatching = watchRoots(ATTRIBUTE, {
    onRoot(root) {
      // On its way down, because the page may end its way up.
      const options = { capture: true, signal: listening.signal }
      // A shadow root hears the same as a document, which its type does not say.
      for (const type of ['click', 'auxclick'] as const)
        (root as Document).addEventListener(type, onClick, options)
    },
  })
  return () => {
    stopWatching()
    listening.abort()
  }
}
