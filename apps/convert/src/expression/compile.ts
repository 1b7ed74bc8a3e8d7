import { add, compare, type Decimal, multiply, negate, readDecimal } from './decimal.ts'
import type { Comparison, Condition, Value } from './parse.ts'

/** The columns of one row that a mapping asked for, in the order asked; undefined where the row has none. */
export type Cells = readonly (string | undefined)[]

/** A column that should have held a decimal, and what it held. */
export interface NotDecimal {
  column: string
  text: string | undefined
}

/** What a compiled expression gives for a row. */
export type Evaluate<T> = (cells: Cells) => T | NotDecimal

/** Whether an expression gave no result, because a column did not hold a decimal. */
export function isNotDecimal(result: unknown): result is NotDecimal {
  return typeof result === 'object' && result !== null && 'column' in result
}

/** Every column that an expression reads. */
export function columnsOf(node: Value | Condition): string[] {
  if (node.kind === 'column') return [node.name]
  if ('of' in node) return columnsOf(node.of)
  return 'left' in node ? [...columnsOf(node.left), ...columnsOf(node.right)] : []
}

/** Compiles arithmetic to a function of a row's cells, which are those of `columns`. */
export function compileValue(node: Value, columns: readonly string[]): Evaluate<Decimal> {
  switch (node.kind) {
    case 'number':
      return () => node.value
    case 'column': {
      const index = columns.indexOf(node.name)
      return (cells) => {
        const text = cells[index]
        return (text !== undefined && readDecimal(text)) || { column: node.name, text }
      }
    }
    case 'text':
      throw new Error(`the text ${JSON.stringify(node.value)} has no decimal; the parser lets none through`)
    case 'negate': {
      const of = compileValue(node.of, columns)
      return (cells) => {
        const value = of(cells)
        return isNotDecimal(value) ? value : negate(value)
      }
    }
    default:
      return compilePair(node.left, node.right, columns, OPERATIONS[node.kind])
  }
}

/** Compiles a condition, likewise. `and` and `or` look at their right side only where it matters. */
export function compileCondition(node: Condition, columns: readonly string[]): Evaluate<boolean> {
  if (node.kind === 'compare') return compileComparison(node, columns)
  if (node.kind === 'not') {
    const of = compileCondition(node.of, columns)
    return (cells) => {
      const value = of(cells)
      return isNotDecimal(value) ? value : !value
    }
  }
  const left = compileCondition(node.left, columns)
  const right = compileCondition(node.right, columns)
  const settles = node.kind === 'or'
  return (cells) => {
    const value = left(cells)
    return isNotDecimal(value) || value === settles ? value : right(cells)
  }
}

const OPERATIONS = {
  '+': add,
  '-': (a: Decimal, b: Decimal) => add(a, negate(b)),
  '*': multiply,
}

const HOLDS: Record<Comparison, (order: number) => boolean> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

function compilePair<T>(
  leftNode: Value,
  rightNode: Value,
  columns: readonly string[],
  combine: (a: Decimal, b: Decimal) => T,
): Evaluate<T> {
  const left = compileValue(leftNode, columns)
  const right = compileValue(rightNode, columns)
  return (cells) => {
    const a = left(cells)
    if (isNotDecimal(a)) return a
    const b = right(cells)
    return isNotDecimal(b) ? b : combine(a, b)
  }
}

function compileComparison(
  { by, left, right }: Condition & { kind: 'compare' },
  columns: readonly string[],
): Evaluate<boolean> {
  const holds = HOLDS[by]
  const x = compileText(left, columns)
  const y = compileText(right, columns)
  const asText = (cells: Cells) => holds(order(x?.(cells) ?? '', y?.(cells) ?? ''))
  if (x && y && (left.kind === 'text' || right.kind === 'text')) return asText
  const asDecimals = compilePair(left, right, columns, (a, b) => holds(compare(a, b)))
  if (!x || !y) return asDecimals
  // Two columns: as decimals where both are, as texts otherwise.
  return (cells) => {
    const result = asDecimals(cells)
    return isNotDecimal(result) ? asText(cells) : result
  }
}

function compileText(
  node: Value,
  columns: readonly string[],
): ((cells: Cells) => string | undefined) | undefined {
  if (node.kind === 'text') return () => node.value
  if (node.kind !== 'column') return undefined
  const index = columns.indexOf(node.name)
  return (cells) => cells[index]
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
