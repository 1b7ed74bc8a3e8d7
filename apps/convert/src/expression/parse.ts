import { type Decimal, readDecimal } from './decimal.ts'
import { expressionError, type Token, tokensOf } from './tokens.ts'

/** How two values may be compared. */
export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='

/** An expression that gives a decimal or, as far as texts and columns go, a text. */
export type Value =
  | { kind: 'number'; value: Decimal }
  | { kind: 'column'; name: string }
  | { kind: 'text'; value: string }
  | { kind: 'negate'; of: Value }
  | { kind: '+' | '-' | '*'; left: Value; right: Value }

/** An expression that is true or false. */
export type Condition =
  | { kind: 'compare'; by: Comparison; left: Value; right: Value }
  | { kind: 'and' | 'or'; left: Condition; right: Condition }
  | { kind: 'not'; of: Condition }

type Node = Value | Condition

const COMPARISONS: readonly string[] = ['=', '!=', '<', '<=', '>', '>=']

/** Parses arithmetic such as `Quantity*UnitPrice`. @throws ConvertError that names the position */
export function parseArithmetic(expression: string): Value {
  const parser = createParser(expression)
  return parser.number(parser.whole(), 1)
}

/** Parses a condition such as `Quantity > 0 and not Country = 'France'`. @throws ConvertError, likewise */
export function parseCondition(expression: string): Condition {
  const parser = createParser(expression)
  return parser.condition(parser.whole(), 1)
}

/** Recursive descent, weakest first: or, and, not, comparison, sum, product, sign. */
function createParser(expression: string) {
  const tokens = tokensOf(expression)
  let next = 0
  const peek = () => tokens[next] as Token
  const take = () => tokens[next++] as Token
  const fail = (at: number, problem: string) => expressionError(expression, at, problem)
  const isAt = (kind: Token['kind'], texts: readonly string[]) =>
    peek().kind === kind && texts.includes(peek().text)

  function number(node: Node, at: number): Value {
    if (node.kind === 'text') throw fail(at, 'a text stands where a number or a column is expected')
    if (isCondition(node)) throw fail(at, 'a condition stands where a number or a column is expected')
    return node
  }
  function comparable(node: Node, at: number): Value {
    if (node.kind === 'text' || node.kind === 'column') return node
    throw fail(at, 'only a column or another text compares with a text in single quotes')
  }
  function condition(node: Node, at: number): Condition {
    if (!isCondition(node))
      throw fail(at, "a condition is expected, such as Quantity > 0 or Country = 'France'")
    return node
  }
  function whole(): Node {
    const node = or()
    if (peek().kind !== 'end') throw fail(peek().at, `unexpected ${peek().text}`)
    return node
  }
  /** Operators of one strength, from left to right. */
  function chain(
    operators: [Token['kind'], ...string[]],
    operand: () => Node,
    combine: (operator: string, left: [Node, number], right: [Node, number]) => Node,
  ): Node {
    const [kind, ...texts] = operators
    const at = peek().at
    let left = operand()
    while (isAt(kind, texts)) {
      const operator = take().text
      const rightAt = peek().at
      left = combine(operator, [left, at], [operand(), rightAt])
    }
    return left
  }
  const logic = (kind: string, left: [Node, number], right: [Node, number]): Node => ({
    kind: kind as 'and' | 'or',
    left: condition(...left),
    right: condition(...right),
  })
  const arithmetic = (kind: string, left: [Node, number], right: [Node, number]): Node => ({
    kind: kind as '+' | '-' | '*',
    left: number(...left),
    right: number(...right),
  })
  const or = (): Node => chain(['keyword', 'or'], and, logic)
  const and = (): Node => chain(['keyword', 'and'], not, logic)
  function not(): Node {
    if (!isAt('keyword', ['not'])) return comparison()
    take()
    const at = peek().at
    return { kind: 'not', of: condition(not(), at) }
  }
  function comparison(): Node {
    const at = peek().at
    const left = sum()
    if (!isAt('symbol', COMPARISONS)) return left
    const by = take().text as Comparison
    const rightAt = peek().at
    const right = sum()
    // A text compares with a text or a column: arithmetic has no text of its own.
    const read = left.kind === 'text' || right.kind === 'text' ? comparable : number
    return { kind: 'compare', by, left: read(left, at), right: read(right, rightAt) }
  }
  const sum = (): Node => chain(['symbol', '+', '-'], product, arithmetic)
  const product = (): Node => chain(['symbol', '*'], signed, arithmetic)
  function signed(): Node {
    if (!isAt('symbol', ['-', '+'])) return operand()
    const sign = take().text
    const at = peek().at
    const of = number(signed(), at)
    return sign === '-' ? { kind: 'negate', of } : of
  }
  function operand(): Node {
    const token = take()
    if (token.kind === 'number') return { kind: 'number', value: readDecimal(token.text) as Decimal }
    if (token.kind === 'column') return { kind: 'column', name: token.text }
    if (token.kind === 'text') return { kind: 'text', value: token.text }
    if (token.text !== '(') throw fail(token.at, `expected a column, a number or (, found ${token.text}`)
    const inner = or()
    if (!isAt('symbol', [')'])) throw fail(peek().at, `expected ), found ${peek().text}`)
    take()
    return inner
  }
  return { whole, number, condition }
}

function isCondition(node: Node): node is Condition {
  return node.kind === 'compare' || node.kind === 'and' || node.kind === 'or' || node.kind === 'not'
}
