import spiders from '@trackable/fixtures/spiders/spiders.json' with { type: 'json' }
import { LRUCache } from 'lru-cache'
import { AGENT_LENGTH, normalAgent } from './agent.ts'
import { type AgentList, createAgentList, type ListedAgent } from './operator-list.ts'
import { createAgentRules, PERSON, type Verdict } from './verdict.ts'

export type { Verdict } from './verdict.ts'

/** What is known about who sent a request. */
export interface Visitor {
  userAgent: string | undefined
  /** Whether the browser says that a program drives it. */
  webdriver?: boolean
}

/** Tells machines from people. */
export interface BotFilter {
  judge(visitor: Visitor): Verdict
  /** Takes the operator's list, from now on. */
  replace(entries: readonly ListedAgent[]): void
}

const REMEMBERED_VERDICTS = 10_000

/**
 * Creates the filter: the operator's list first, then what isbot and the seeded list know. Verdicts are remembered by
 * user agent, which is kept in memory only.
 */
export function createBotFilter(): BotFilter {
  const verdicts = new LRUCache<string, Verdict>({ max: REMEMBERED_VERDICTS })
  const seeded = new Set(spiders.agents)
  const byRules = createAgentRules(spiders.words)
  let listed: AgentList = () => undefined

  function judgeAgent(userAgent: string): Verdict {
    const agent = normalAgent(userAgent)
    if (agent === '') return { bot: true, rule: 'no-agent' }
    const entry = listed(agent)
    if (entry) return { bot: entry.kind === 'bot', rule: `operator:${entry.agent}` }
    return seeded.has(agent) ? { bot: true, rule: 'seed:agent' } : byRules(agent)
  }

  return {
    judge({ userAgent = '', webdriver }) {
      if (webdriver) return { bot: true, rule: 'webdriver' }
      const known = verdicts.get(userAgent)
      if (known) return known
      const verdict = judgeAgent(userAgent)
      // What is longer is judged again: ten thousand headers of 16 kB would be remembered otherwise.
      if (userAgent.length <= AGENT_LENGTH) verdicts.set(userAgent, verdict)
      return verdict
    },
    replace(entries) {
      listed = createAgentList(entries)
      verdicts.clear()
    },
  }
}

/** What judges for `BOTS=off`: everybody is a person. */
export const takeEverybody: BotFilter['judge'] = () => PERSON
