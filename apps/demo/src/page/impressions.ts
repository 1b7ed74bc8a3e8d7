// The definition of the Media Rating Council: half of the pixels for one second on end.
const SHARE = 0.5
const DURATION = 1_000

/** Calls back with the slug of each card once, when half of it has been visible for a second on end. */
export function countImpressions(onSeen: (slug: string) => void): void {
  const unseen = new Set(document.querySelectorAll<HTMLElement>('[data-impression]'))
  const timers = new Map<Element, number>()
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, intersectionRatio } of entries) {
        stop(target)
        if (intersectionRatio >= SHARE) start(target as HTMLElement)
      }
    },
    { threshold: SHARE },
  )
  function start(card: HTMLElement): void {
    const onDone = () => {
      unseen.delete(card)
      observer.unobserve(card)
      onSeen(card.dataset.impression ?? '')
    }
    timers.set(card, window.setTimeout(onDone, DURATION))
  }
  function stop(card: Element): void {
    window.clearTimeout(timers.get(card))
  }
  function observe(): void {
    observer.disconnect()
    unseen.forEach(stop)
    // Observed anew, a card reports at once how much of it is visible; a hidden page shows none.
    if (document.visibilityState === 'visible') for (const card of unseen) observer.observe(card)
  }
  document.addEventListener('visibilitychange', observe)
  observe()
}
