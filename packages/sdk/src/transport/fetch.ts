import { type Outcome, outcomeOf } from '@trackable/protocol'
import { bodyOf, type Transport } from './transport.ts'

// Longer than the ten seconds that a slow collector may take to answer, shorter than what proxies wait.
const TIMEOUT = 30_000

/**
 * Posts text/plain with the key in the body, so that no browser asks first; no cookies are sent. A page that is
 * left sends a beacon, or what outlives the page where there is none.
 */
export function createBrowserTransport(url: string): Transport {
  return {
    async send(attempt) {
      const { id, key, leaving } = attempt
      const body = bodyOf(attempt, key)
      if (leaving && navigator.sendBeacon?.(url, body)) return { kind: 'unknown' }
      return post(url, id, { body, credentials: 'omit', keepalive: leaving })
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
  try {
    // A browser without `timeout` waits as long as its own limit says.
    const signal = AbortSignal.timeout?.(TIMEOUT)
    const answer = await fetch(url, { ...init, method: 'POST', signal })
    // Reading to the end also gives back the browser's quota for requests that outlive the page.
    return outcomeOf(id, answer.status, await answer.text(), answer.headers.get('retry-after'), Date.now())
  } catch (error) {
    return { kind: 'retry', reason: `${error}` }
  }
}
