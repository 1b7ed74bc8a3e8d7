import { readFileSync } from 'node:fs'

const DOCUMENTATION = readFileSync(new URL('../../docs/sdk.md', import.meta.url), 'utf8')

/** The first code block of docs/sdk.md in a language that has these words in it. */
export function documented(language: string, words: string): string {
  const blocks = [...DOCUMENTATION.matchAll(/```(\w+)\n(.*?)```/gs)]
  const found = blocks.find(([, of, text]) => of === language && text?.includes(words))?.[2]
  if (!found) throw new Error(`docs/sdk.md has no ${language} block with "${words}"`)
  return found
}
