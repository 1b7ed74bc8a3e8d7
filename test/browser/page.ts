import { build } from 'esbuild'

// A tracker on the page as `tracker`. In the query: `first=N` tracks N events in the page's first task, and `go`
// navigates away in the same one; `tracker` is passed on as options.
const SCRIPT = `
import { createTracker } from '@trackable/sdk'
const query = new URLSearchParams(location.search)
Object.assign(globalThis, { errors: [], drops: [], thrown: [] })
addEventListener('error', ({ message }) => thrown.push(message))
addEventListener('unhandledrejection', ({ reason }) => thrown.push(String(reason)))
globalThis.tracker = createTracker({
  endpoint: query.get('collector'),
  key: 'pk_1',
  coalesce: false,
  onError: ({ code }) => errors.push(code),
  onDrop: ({ reason }) => drops.push(reason),
  ...JSON.parse(query.get('options') ?? '{}'),
})
for (let i = 0; i < Number(query.get('first')); i++) tracker.increment('article', 'first-' + i, 'impressions')
if (query.has('go')) location.href = '/elsewhere.html'`

/** The files of the site under test: `/page.html` and `/isolated.html` with a tracker, `/elsewhere.html` without. */
export async function pageFiles(): Promise<Record<string, string>> {
  const { outputFiles } = await build({
    stdin: { contents: SCRIPT, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['@trackable/source', 'browser'],
  })
  const html = '<!doctype html><title>page</title><script type="module" src="/page.js"></script>'
  return {
    '/page.js': outputFiles[0]?.text ?? '',
    '/page.html': html,
    '/isolated.html': html,
    '/elsewhere.html': '<!doctype html><title>elsewhere</title>',
  }
}

/** What waits on the device for a collector, in a page of the site: batches in the database, and spilled ones. */
export function waitingBatches(): Promise<number> {
  const spilled = Object.keys(localStorage).filter((key) => key.startsWith('trackable ')).length
  const countIn = (name: string) =>
    new Promise<number>((resolve) => {
      const opening = indexedDB.open(name)
      opening.onerror = () => resolve(0)
      opening.onsuccess = () => {
        const database = opening.result
        const end = (count: number) => {
          database.close()
          resolve(count)
        }
        if (!database.objectStoreNames.contains('batches')) return end(0)
        const counting = database.transaction('batches').objectStore('batches').count()
        counting.onsuccess = () => end(counting.result)
      }
    })
  return indexedDB
    .databases()
    .then((all) => all.flatMap(({ name }) => (name?.startsWith('trackable ') ? [countIn(name)] : [])))
    .then((counts) => Promise.all(counts))
    .then((counts) => counts.reduce((sum, count) => sum + count, spilled))
}

/** Resolves when a write that begins now is on the device: then an earlier one of another database is, too. */
export function probeDevice(): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(`probe ${Math.random()}`)
    opening.onerror = () => reject(opening.error)
    opening.onupgradeneeded = () => opening.result.createObjectStore('probes')
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('probes', 'readwrite')
      transaction.objectStore('probes').put(1, 1)
      transaction.oncomplete = () => resolve()
    }
  })
}
