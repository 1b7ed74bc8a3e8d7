import { type Outcome, outcomeOf } from '@trackable/protocol'
import { bodyOf, type Transport } from './transport.ts'

// Longer than the ten seconds that a slow collector may take to answer, shorter than what proxies wait.
const TIMEOUT = 30_000

/**
 * Posts text/plain with the key in the body, so that no browser asks first; no cookies are sent.
 * @param beacon `navigator.sendBeacon`; without it a page that is left uses `keepalive`
 */
export function createBrowserTransport(
  url: string,
  beacon?: (url: string, body: string) => boolean,
): Transport {
  return {
    async send(attempt) {
      const body = bodyOf(attempt, attempt.key)
      if (!attempt.leaving || !beacon) {
        return post(url, attempt.id, { body, credentials: 'omit', keepalive: attempt.leaving })
      }
      return beacon(url, body) ? { kind: 'unknown' } : { kind: 'retry', reason: 'the beacon was refused' }
    },
  }
}

/** Posts JSON with the key in `Authorization`, as servers do. */
export function createServerTransport(url: string): Transport {
  return {
    send(attempt) {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${attempt.key}` }
      return post(url, attempt.id, { body: bodyOf(attempt), headers })
    },
  }
}

async function post(url: string, id: string, init: RequestInit): Promise<Outcome> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), TIMEOUT)
  try {
    const answer = await fetch(url, { ...init, method: 'POST', signal: abort.signal })
    // Reading to the end also gives back the browser's quota for requests that outlive the page.
    return outcomeOf(id, answer.status, await answer.text(), answer.headers.get('retry-after'), Date.now())
  } catch (error) {
    return { kind: 'retry', reason: String(error) }
  } finally {
    clearTimeout(timer)
  }
}
