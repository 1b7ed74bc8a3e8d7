/** No rule looks further: a header may have 16 kB, and what is said about machines is said early. */
export const AGENT_LENGTH = 512

/** A user agent in the form in which agents are compared: cut, in small letters, without spaces that say nothing. */
export function normalAgent(agent: string): string {
  return agent.slice(0, AGENT_LENGTH).trim().replace(/\s+/g, ' ').toLowerCase()
}
