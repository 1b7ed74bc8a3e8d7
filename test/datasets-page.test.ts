import { readFileSync } from 'node:fs'
import { checkAggregate, custom } from '@trackable/dataset'
import { transformSync } from 'esbuild'
import { expect, test } from 'vitest'

const page = readFileSync(new URL('../docs/datasets.md', import.meta.url), 'utf8')

/** What the examples of docs/datasets.md declare. */
function examples(): Record<string, any> {
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)
  const declared = blocks.filter((code) => code.includes('export const')).join('\n')
  const { code } = transformSync(declared, { loader: 'ts', format: 'cjs' })
  const module = { exports: {} }
  new Function('module', 'require', code)(module, () => ({ custom }))
  return module.exports
}

test('the aggregates that users can copy from docs/datasets.md obey the laws, and give what they say', () => {
  const { weightedMean, topWords } = examples()
  checkAggregate(weightedMean, [
    { value: 3, weight: 2 },
    { value: -1, weight: 1 },
    { value: 9, weight: 4 },
  ])
  checkAggregate(topWords, ['a', 'b', 'a', '__proto__', 'c', 'b', 'a'])
  const fold = (aggregate: any, inputs: unknown[]) =>
    aggregate.result(
      inputs.map(aggregate.input).reduce((state, input) => aggregate.add(state, input, 0), aggregate.empty()),
    )
  expect(
    fold(weightedMean, [
      { value: 10, weight: 1 },
      { value: 40, weight: 2 },
    ]),
  ).toBe(30)
  expect(weightedMean.input({ value: 0.5, weight: 1 })).toBeUndefined()
  const words = Array.from({ length: 12 }, (_, i) => Array(i + 1).fill(`w${i}`)).flat()
  expect(fold(topWords, words)).toHaveLength(10)
  expect(fold(topWords, words)[0]).toEqual(['w11', 12])
})
