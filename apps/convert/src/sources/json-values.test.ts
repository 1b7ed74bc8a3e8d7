import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonValuesOf } from './json-values.ts'

async function values(text: string, size: number): Promise<[number, unknown][]> {
  async function* pieces() {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
  }
  const found: [number, unknown][] = []
  for await (const group of jsonValuesOf(pieces())) {
    for (const { line, text: value } of group) found.push([line, JSON.parse(value)])
  }
  return found
}
const object = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 })

it('the elements of an array come out as they are, wherever the text was cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(object),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(0, 2),
      async (all, size, space) => {
        const found = await values(JSON.stringify(all, null, space), size)
        expect(found.map(([, value]) => value)).toEqual(JSON.parse(JSON.stringify(all)))
      },
    ),
  )
})

it('values that follow one another come out with their lines', async () => {
  expect(await values('{"a":1}\n{"b":[\n2]}\n\n {"c":"}"}', 3)).toEqual([
    [1, { a: 1 }],
    [2, { b: [2] }],
    [5, { c: '}' }],
  ])
})
