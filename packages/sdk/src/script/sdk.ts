import { createTracker } from '../browser.ts'
import { captureClicks, captureImpressions, capturePageViews, onDwell, onVisible } from '../capture/index.ts'
import type { TrackerOptions } from '../options.ts'

/** A call that the stub of a page has queued: a method's name, and what it was called with. */
type QueuedCall = [name: string, parts: unknown[]]

/** The page's global: the stub first, then the tracker with all that captures. */
type Api = Record<string, unknown> & { q?: { push(call: QueuedCall): void } }

const page = globalThis as unknown as { trackable?: Api }
const script = (document.currentScript ??
  document.querySelector('script[data-key]')) as HTMLScriptElement | null

/**
 * What `/sdk.js` does: makes the tracker that the attributes of its tag describe, counts impressions and clicks of
 * elements with `data-track-…`, and becomes the global `trackable`. What the stub has queued is done now.
 */
function start(): void {
  // Every option that is text can be an attribute: `data-path`, `data-store`, `data-grant`, `data-consent`.
  const endpoint = new URL('.', script?.src || location.href).href
  const { key, ...options } = script?.dataset ?? {}
  const queued = (page.trackable?.q ?? []) as QueuedCall[]
  const api: Api = { createTracker, capturePageViews, onDwell, onVisible }
  if (key) {
    const tracker = createTracker({ endpoint, key, ...options } as TrackerOptions)
    Object.assign(api, tracker)
    // The tag's own: the page may create another one later.
    captureImpressions(tracker)
    captureClicks(tracker)
  } else console.warn('trackable: the tag of /sdk.js has no data-key, so it counts nothing')
  function call([name, parts]: QueuedCall): void {
    const method = api[name]
    if (typeof method === 'function') method(...parts)
    else console.warn(`trackable: there is no trackable.${name}()`)
  }
  // Also for who has kept a method of the stub.
  api.q = { push: call }
  page.trackable = api
  for (const each of queued) call(each)
}

// A tag that is there twice does not count twice.
if (!page.trackable?.createTracker) start()
