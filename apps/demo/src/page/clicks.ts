/**
 * Calls back with the slug when the link of a card is followed, also in another tab. The page may be gone right
 * after: the tracker sees to that.
 */
export function countClicks(onClick: (slug: string) => void): void {
  const listener = (event: MouseEvent) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-click]') : null
    const middle = event.type === 'auxclick' && event.button === 1
    if (link?.dataset.click && (event.type === 'click' || middle)) onClick(link.dataset.click)
  }
  document.addEventListener('click', listener)
  document.addEventListener('auxclick', listener)
}
