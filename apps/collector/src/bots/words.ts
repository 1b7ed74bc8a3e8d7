import { list } from 'isbot'

/** The name of the rule that an agent, given in small letters, meets; undefined where it meets none. */
export type Words = (agent: string) => string | undefined

/**
 * What isbot looks for, in two parts. `strong` words are said by machines only. `weak` ones describe an agent's
 * punctuation, or are part of the names of phones, televisions and what is installed beside a browser.
 */
export interface BotWords {
  strong: Words
  weak: Words
}

/** Patterns of isbot that are weak. One that isbot no longer has is found by the test of this list. */
export const WEAK: ReadonlySet<string> = new Set([
  ...['24x7', 'archive', 'audit', 'browsex', 'capture', 'catch', 'detect', 'discovery', 'download', 'feed'],
  ...['grab', 'insight', 'library', 'measure', 'optimize', 'parser', 'preview', 'proxy', 'radar', 'server'],
  ...['splash', 'tools', 'transcoder', 'url', 'agent\\b', 'check\\b', 'monitor\\b', 'node\\b', 'java(?!;)'],
  ...['(?:^|[^g])news(?!sapphire)', '(?<!cam)scan', '(?<!lib)http', ';\\s\\w+;$', '@[a-z][\\w-]+\\.'],
  ...['(?<! channel/|google/)google(?!(?:wv|app|/google| pixel))', '\\(\\)', '\\.com\\b', '\\|', '\\btime/'],
  ...['\\b\\w+/1\\.0;', '^[\\w\\-]+/[\\w]+$', '^[^ ]{50,}$', '^\\w+/[\\w\\(\\)]*$', '^netsurf', '^amaya'],
  ...['^[\\w \\.\\-\\(?:\\):%]+(?:/v?\\d+(?:\\.\\d+)?(?:\\.\\d{1,10})*?)?(?:,|$)', 'offbyone'],
  ...['^\\w+/\\d\\.\\d\\s\\([\\w@]+\\)$', '^mozilla/\\d\\.\\d\\s[\\w\\.-]+$'],
  '^mozilla/\\d\\.\\d\\s\\((?:compatible;)?(?:\\s?[\\w\\d-.]+[\\s/]\\d+\\.\\d+)?\\)$',
])

/**
 * Builds the rules from isbot's list and the seeded words.
 * @param seeds words that are strong beside those of isbot
 */
export function createBotWords(seeds: readonly string[]): BotWords {
  const isbot = list.map((pattern) => ({ pattern, name: `isbot:${pattern}` }))
  const seeded = seeds.map((word) => ({ pattern: escaped(word), name: `seed:${word}` }))
  return {
    strong: wordsOf([...isbot.filter(({ pattern }) => !WEAK.has(pattern)), ...seeded]),
    weak: wordsOf(isbot.filter(({ pattern }) => WEAK.has(pattern))),
  }
}

/** Patterns as one expression, half as costly as one after another; which of them it was is asked of bots alone. */
function wordsOf(patterns: readonly { pattern: string; name: string }[]): Words {
  const any = new RegExp(patterns.map(({ pattern }) => pattern).join('|'))
  const words = new Map(patterns.map(({ pattern, name }) => [pattern.replace(/\\(.)/g, '$1'), name]))
  const single = patterns.map(({ pattern, name }) => ({ expression: new RegExp(pattern), name }))
  return (agent) => {
    const found = any.exec(agent)?.[0]
    if (found === undefined) return undefined
    return words.get(found) ?? single.find(({ expression }) => expression.test(agent))?.name
  }
}

function escaped(word: string): string {
  return word.replace(/[^\w ]/g, '\\$&')
}
