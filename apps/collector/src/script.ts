import { readFile } from 'node:fs/promises'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { refusalAnswer, refuse } from './answer.ts'
import { answerText, etagOf } from './etag.ts'

// Seconds. A page asks once a day, and does not wait for the answer within a week.
const CACHE = 'public, max-age=86400, stale-while-revalidate=604800'
const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  // Without this a page that is isolated from other origins may not load it.
  'Cross-Origin-Resource-Policy': 'cross-origin',
}

/**
 * `GET /sdk.js`: the tracker for pages without a build. The collector's build puts it beside its own code.
 * @param file where it lies
 */
export function createScriptRoute(file = new URL('./sdk.js', import.meta.url)): Hono {
  let loading: Promise<{ script: string; etag: string } | undefined> | undefined
  return new Hono().get('/sdk.js', compress(), async (c) => {
    loading ??= load(file)
    const loaded = await loading
    if (!loaded) return refusalAnswer(refuse('not_found', 'this build of the collector has no /sdk.js'))
    const { script, etag } = loaded
    return answerText(c, script, 'text/javascript; charset=utf-8', CACHE, HEADERS, etag)
  })
}

async function load(file: URL): Promise<{ script: string; etag: string } | undefined> {
  const script = await readFile(file, 'utf8').catch(() => undefined)
  if (script === undefined) return undefined
  return { script, etag: etagOf(script) }
}
