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
  let last: Event | undefined

  function onClick(event: MouseEvent): void {
    const path = event.composedPath() as Partial<HTMLAnchorElement>[]
    const follows = !event.button || (event.button === 1 && path.some(({ href }) => href))
    const value = path.map((element) => element.getAttribute?.(ATTRIBUTE)).find((found) => found != null)
    // A click within a shadow root is heard there and outside, and that on a label once more at its control.
    const again = event === last || (event.isTrusted && event.timeStamp === last?.timeStamp)
    if (!follows || value == null || again) return
    last = event
    countNamed(tracker, value)
  }
  return watchRoots(ATTRIBUTE, {
    onRoot(root, signal) {
      // A shadow root hears the same as a document, which its type does not say.
      // On its way down, because the page may end its way up.
      for (const type of ['click', 'auxclick'] as const)
        (root as Document).addEventListener(type, onClick, { capture: true, signal })
    },
  })
}
