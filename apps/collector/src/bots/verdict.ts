import { isBrowser, isDevice, withoutAccidents } from './people.ts'
import { createBotWords } from './words.ts'

/** Whether an agent is a machine's, and by which rule; `none` where no rule speaks against a person. */
export interface Verdict {
  bot: boolean
  rule: string
}

/** The verdict on a person whom no rule speaks against. */
export const PERSON: Verdict = { bot: false, rule: 'none' }

/**
 * Creates what judges an agent, given in small letters and cut. Strong words decide alone; weak ones, and not being a
 * browser at all, do not where the agent is a device's that only people have. How old a browser is says nothing: old
 * phones and the people who keep them exist, and each rule about age that was tried dropped more people than bots.

 * @param seeds strong words beside those of isbot
 */
export function createAgentRules(seeds: readonly string[]): (agent: string) => Verdict {
  const { strong, weak } = createBotWords(seeds)
  return (agent) => {
    let said = agent
    let rule = strong(said) ?? weak(said)
    if (!rule && isBrowser(said)) return PERSON
    if (rule) {
      said = withoutAccidents(agent)
      if (said !== agent) rule = strong(said) ?? weak(said)
      if (!rule && isBrowser(said)) return PERSON
    }
    if (rule && strong(said)) return { bot: true, rule }
    if (isDevice(agent)) return { bot: false, rule: 'device' }
    return { bot: true, rule: rule ?? 'no-browser' }
  }
}
