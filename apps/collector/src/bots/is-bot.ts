import { isbot } from 'isbot'
import { LRUCache } from 'lru-cache'

/** What is known about who sent a request. */
export interface Visitor {
  userAgent: string | undefined
}

// isbot's pattern takes microseconds on usual agents; an attacker's may be as long as the server lets a header be.
const MAX_AGENT = 512

/** Whether a visitor is a machine. Verdicts are remembered by user agent, which is kept in memory only. */
export function createBotFilter(): (visitor: Visitor) => boolean {
  const verdicts = new LRUCache<string, boolean>({ max: 10_000 })
  return ({ userAgent }) => {
    if (!userAgent) return false
    const agent = userAgent.slice(0, MAX_AGENT)
    let verdict = verdicts.get(agent)
    if (verdict === undefined) {
      verdict = isbot(agent)
      verdicts.set(agent, verdict)
    }
    return verdict
  }
}
