import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const DATA = fileURLToPath(new URL('../../../../../shared/data/ua/', import.meta.url))

/** Whether the agents that nobody here wrote are beside the repository. */
export const hasCorpus = existsSync(DATA)

/**
 * Agents of bots or people, in two halves by a hash of each: one that the rules were written by, and one that was held
 * out. Whoever changes a rule looks at the first alone.
 */
export function corpus(of: 'bots' | 'humans', part: 'dev' | 'held-out'): string[] {
  const agents = readFileSync(`${DATA}${of}.txt`, 'utf8').split('\n').filter(Boolean)
  return agents.filter((agent) => (hash(agent) % 2 === 1) === (part === 'dev'))
}

function hash(text: string): number {
  let value = 0
  for (const character of text) value = (value * 31 + character.charCodeAt(0)) >>> 0
  return value
}
