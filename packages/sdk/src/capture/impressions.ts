import { watchRoots } from './roots.ts'
import { type AnyTracker, countNamed } from './target.ts'
import { onVisible } from './visible.ts'

const ATTRIBUTE = 'data-track-impression'

/**
 * Counts an impression of each element with `data-track-impression="article:42:impressions"`: when half of it has
 * been visible for one second on end, once an element. One that is given another value is another one. Returns what
 * stops it.
 * @param tracker default: the one that the page created last
 */
export function captureImpressions(tracker?: AnyTracker): () => void {
  const watched = new Map<Element, { value: string; stop: () => void }>()
  const counted = new WeakMap<Element, string>()

  function onElement(element: Element, value: string): void {
    if (watched.has(element) || counted.get(element) === value) return
    const stop = onVisible(element, () => {
      watched.delete(element)
      counted.set(element, value)
      countNamed(tracker, value)
    })
    watched.set(element, { value, stop })
  }
  /** Lets go of what is no longer there: what is only removed would be kept in memory by its observer. */
  function onChange(): void {
    for (const [element, { value, stop }] of watched) {
      const there = element.isConnected && element.ownerDocument.defaultView
      if (there && element.getAttribute(ATTRIBUTE) === value) continue
      stop()
      watched.delete(element)
    }
  }
  const stopWatching = watchRoots(ATTRIBUTE, { onElement, onChange })
  return () => {
    stopWatching()
    for (const { stop } of watched.values()) stop()
  }
}
