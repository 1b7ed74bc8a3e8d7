/** Starts once the page is shown, which one that is prerendered may never be. Returns what stops it. */
export function whenShown(start: () => void): () => void {
  const listening = new AbortController()
  const { prerendering } = document as Document & { prerendering?: boolean }
  if (prerendering) {
    document.addEventListener('prerenderingchange', start, { once: true, signal: listening.signal })
  } else start()
  return () => listening.abort()
}
