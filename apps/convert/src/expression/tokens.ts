import { wrongUsage } from '../error.ts'

/** A word of an expression. `at` is the position of its first character, from 1. */
export interface Token {
  kind: 'number' | 'column' | 'text' | 'symbol' | 'keyword' | 'end'
  text: string
  at: number
}

const KEYWORDS = ['and', 'or', 'not']
const FORMS: [Token['kind'] | 'space', RegExp][] = [
  ['space', /\s+/y],
  ['number', /\d+(\.\d+)?|\.\d+/y],
  ['column', /[\p{L}_@$][\p{L}\p{N}_@$.]*/uy],
  ['column', /"((?:[^"]|"")*)"|`((?:[^`]|``)*)`/y],
  ['text', /'((?:[^']|'')*)'/y],
  ['symbol', /!=|<=|>=|[=<>+\-*()]/y],
]

/** Splits an expression into words. @throws ConvertError for a character that begins none */
export function tokensOf(expression: string): Token[] {
  const tokens: Token[] = []
  let position = 0
  while (position < expression.length) {
    const [kind, match] = matchAt(expression, position)
    if (kind !== 'space') tokens.push(tokenOf(kind, match, position + 1))
    position += match[0].length
  }
  tokens.push({ kind: 'end', text: 'the end', at: expression.length + 1 })
  return tokens
}

/** An error about one place of an expression. */
export function expressionError(expression: string, at: number, problem: string): Error {
  return wrongUsage(`expression ${JSON.stringify(expression)}, position ${at}: ${problem}`)
}

function matchAt(expression: string, position: number): [Token['kind'] | 'space', RegExpExecArray] {
  for (const [kind, form] of FORMS) {
    form.lastIndex = position
    const match = form.exec(expression)
    if (match) return [kind, match]
  }
  throw expressionError(expression, position + 1, problemOf(expression[position] as string))
}

function problemOf(character: string): string {
  if (character === '/') return 'there is no division, because it is not exact'
  if (/["'`]/.test(character)) return `the quote ${character} is not closed`
  return `unexpected ${character}; a column with such a character stands in double quotes or backticks`
}

function tokenOf(kind: Token['kind'], match: RegExpExecArray, at: number): Token {
  const [whole] = match
  if (kind === 'text') return { kind, text: whole.slice(1, -1).replaceAll("''", "'"), at }
  if (kind === 'column' && /^["`]/.test(whole)) {
    const quote = whole[0] as string
    return { kind, text: whole.slice(1, -1).replaceAll(quote + quote, quote), at }
  }
  if (kind === 'column' && KEYWORDS.includes(whole.toLowerCase())) {
    return { kind: 'keyword', text: whole.toLowerCase(), at }
  }
  return { kind, text: whole, at }
}
