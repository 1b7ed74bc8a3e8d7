import { whenShown } from './shown.ts'

// The definition of the Media Rating Council: half of the pixels for one second on end.
// Browsers work with fewer digits, so that what is half may come out as a little less.
const SHARE = 0.4999
const DURATION = 1_000

/**
 * Calls back when an element begins to be visible, and when that ends: half of it, or of the part of it that fits
 * the screen, in a page that is visible itself. Returns what ends it, which also ends a span that goes on.
 */
function onSpan(element: Element, onStart: () => void, onEnd: () => void): () => void {
  let observer: IntersectionObserver | undefined
  let threshold = SHARE
  let retry: ReturnType<typeof setTimeout> | undefined
  let visible = false

  function set(now: boolean): void {
    if (visible === now) return
    visible = now
    now ? onStart() : onEnd()
  }
  function see({
    boundingClientRect,
    rootBounds,
    intersectionRatio,
    isIntersecting,
  }: IntersectionObserverEntry): void {
    const { width, height } = boundingClientRect
    // Null where the page is in a frame of another origin.
    const screen = rootBounds ?? { width: innerWidth, height: innerHeight }
    const needed = SHARE * Math.min(1, screen.width / width || 1) * Math.min(1, screen.height / height || 1)
    const pixels = width * height > 0
    set(pixels && intersectionRatio >= needed)
    // A ratio of nothing is 1, and stays 1 when a picture has loaded: nothing more would be told.
    if (!pixels && isIntersecting) retry = setTimeout(observe, DURATION)
    else if (needed !== threshold) {
      threshold = needed
      observe()
    }
  }
  function observe(): void {
    clearTimeout(retry)
    observer?.disconnect()
    if (document.hidden) set(false)
    else {
      // Observed anew, an element tells at once how much of it is visible.
      observer = new IntersectionObserver((entries) => entries.forEach(see), { threshold })
      observer.observe(element)
    }
  }

  const listening = new AbortController()
  const { signal } = listening
  const stop = whenShown(() => {
    document.addEventListener('visibilitychange', observe, { signal })
    observe()
  })
  return () => {
    stop()
    listening.abort()
    clearTimeout(retry)
    observer?.disconnect()
    set(false)
  }
}

/**
 * Calls back once, when half of an element (of a tall one: half of the screen) has been visible for one second on
 * end. Returns what stops it.
 * @example const stop = onVisible(card, () => tracker.increment('article', '42', 'impressions'))
 */
export function onVisible(element: Element, callback: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>
  const onStart = () => {
    timer = setTimeout(() => {
      stop()
      callback()
    }, DURATION)
  }
  const stop = onSpan(element, onStart, () => clearTimeout(timer))
  return stop
}

/**
 * Calls back with the seconds of each span, of one second or longer, in which an element was visible on end: when
 * it leaves the screen, when the page is hidden or left, and when it is stopped. Returns what stops it.
 * @example onDwell(text, (seconds) => tracker.record('article', '42', { readSeconds: seconds }))
 */
export function onDwell(element: Element, callback: (seconds: number) => void): () => void {
  let start = 0
  return onSpan(
    element,
    () => {
      start = performance.now()
    },
    () => {
      const time = performance.now() - start
      if (time >= DURATION) callback(time / 1000)
    },
  )
}
