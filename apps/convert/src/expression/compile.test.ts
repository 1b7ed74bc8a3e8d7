import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnsOf, compileCondition, compileValue, isNotDecimal } from './compile.ts'
import { wireValue } from './decimal.ts'
import { parseArithmetic, parseCondition } from './parse.ts'

type Row = Record<string, string | undefined>
const value = (expression: string, row: Row = {}) => {
  const node = parseArithmetic(expression)
  const columns = [...new Set(columnsOf(node))]
  const result = compileValue(node, columns)(columns.map((name) => row[name]))
  return isNotDecimal(result) ? result : wireValue(result)
}
const holds = (expression: string, row: Row = {}) => {
  const node = parseCondition(expression)
  const columns = [...new Set(columnsOf(node))]
  return compileCondition(node, columns)(columns.map((name) => row[name]))
}

/** An expression as text, and what it comes to by whole numbers of any size. */
const arithmetic = fc.letrec<{ node: { text: string; value: bigint } }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    fc.bigInt({ min: 0n, max: 10n ** 20n }).map((int) => ({ text: String(int), value: int })),
    tie('node').map((of) => ({ text: `-(${of.text})`, value: -of.value })),
    fc.tuple(fc.constantFrom('+', '-', '*'), tie('node'), tie('node')).map(([operator, a, b]) => ({
      text: `(${a.text}) ${operator} (${b.text})`,
      value: operator === '+' ? a.value + b.value : operator === '-' ? a.value - b.value : a.value * b.value,
    })),
  ),
})).node

describe('arithmetic', () => {
  it('is that of whole numbers of any size', () => {
    fc.assert(
      fc.property(arithmetic, (expression) => {
        expect(BigInt(value(expression.text) as number | string)).toBe(expression.value)
      }),
    )
  })

  it.each([
    ['1', {}, 1],
    ['Quantity*UnitPrice', { Quantity: '3', UnitPrice: '0.10' }, '0.3'],
    ['-Quantity', { Quantity: '-6' }, 6],
    ['2 + 3 * 4', {}, 14],
    ['(2 + 3) * 4', {}, 20],
    ['10 - 3 - 2', {}, 5],
    ['--2', {}, 2],
    ['"Unit price" * `Units "sold"`', { 'Unit price': '2.5', 'Units "sold"': '2' }, 5],
    ['"a ""b"""', { 'a "b"': '1' }, 1],
    ['order.total', { 'order.total': '9' }, 9],
    ['Menge*Größe', { Menge: '2', Größe: '1.5' }, 3],
    ['"and"', { and: '4' }, 4],
  ] as const)('%s of %o is %o', (expression, row, result) => {
    expect(value(expression, row)).toBe(result)
  })

  it('names the column that holds no decimal, and what it holds', () => {
    expect(value('a*b', { a: '1', b: 'n/a' })).toEqual({ column: 'b', text: 'n/a' })
    expect(value('a*b', { b: '1' })).toEqual({ column: 'a', text: undefined })
  })

  it.each([
    ['a/b', 2, 'division'],
    ['a b', 3, 'unexpected b'],
    ['(a', 3, 'expected )'],
    ['a*', 3, 'the end'],
    ['', 1, 'the end'],
    ['a % b', 3, 'unexpected %'],
    ['"a', 1, 'not closed'],
    ["'a'", 1, 'a text stands'],
    ["1 + 'a'", 5, 'a text stands'],
    ['a > 1', 1, 'a condition stands'],
    ['1 + (a > 1)', 5, 'a condition stands'],
  ])('%o is refused at position %i', (expression, at, problem) => {
    expect(() => parseArithmetic(expression)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringMatching(new RegExp(`position ${at}: .*${problem.replace(/[)]/g, '\\)')}`)),
      }),
    )
  })
})

describe('a condition', () => {
  it.each([
    ['Quantity > 0', { Quantity: '-1' }, false],
    ['Quantity > 0', { Quantity: '0.5' }, true],
    ['a = 1.0', { a: '1' }, true],
    ["a = '1.0'", { a: '1' }, false],
    ["Country != 'United Kingdom'", { Country: 'France' }, true],
    ["a = 'it''s'", { a: "it's" }, true],
    ["a = ''", {}, true],
    ["a >= 'b'", { a: 'c' }, true],
    ['a = b', { a: '1', b: '1.0' }, true],
    ['a = b', { a: 'x', b: 'x' }, true],
    ['a < b', { a: '9', b: '10' }, true],
    ['not a = 1 and b = 2', { a: '2', b: '2' }, true],
    ['a = 1 or a = 2 and b = 3', { a: '1', b: '0' }, true],
    ['(a = 1 or a = 2) and b = 3', { a: '1', b: '0' }, false],
    ['NOT (a + 1) * 2 <= 4', { a: '2' }, true],
  ] as const)('%s of %o is %o', (expression, row, result) => {
    expect(holds(expression, row)).toBe(result)
  })

  it('looks at its right side only where that matters', () => {
    expect(holds("a != '' and a > 1", { a: '' })).toBe(false)
    expect(holds("a = '' or a > 1", { a: '' })).toBe(true)
    expect(holds('a > 1', { a: '' })).toEqual({ column: 'a', text: '' })
  })

  it.each(['a', '1', "a + 1 = 'x'", 'not a', 'a = 1 and b', 'a = = 1', 'a = 1 = 1', '(a = 1'])(
    '%o is refused',
    (expression) => {
      expect(() => parseCondition(expression)).toThrow(expect.objectContaining({ code: 'usage' }))
    },
  )
})
