import { counter, custom, defineDataset } from '@trackable/dataset'
import { aggregateOf } from '@trackable/dataset/fold'
import { expect, test } from 'vitest'
import { receivedDatasets, sentDatasets } from './datasets.ts'

const functions = {
  add: (n: number) => n + 1,
  merge: (a: number, b: number) => a + b,
  result: (n: number) => n,
  input: (value: unknown) => value as number,
}
const plain = custom({ label: 'Plain', empty: () => 7, ...functions })
const coded = custom({
  empty: () => 7,
  ...functions,
  json: { encode: (n) => ({ n }), decode: (json: any) => json.n },
})

test('datasets that were sent have the empty states of custom fields, and are the same in JSON', () => {
  const page = defineDataset('page', { fields: { hits: counter(), plain, coded } })
  const [received] = receivedDatasets(JSON.parse(JSON.stringify(sentDatasets([page]))))
  expect(JSON.stringify(received)).toBe(JSON.stringify(page))
  for (const name of ['plain', 'coded']) {
    const empty = aggregateOf(page.fields[name as 'plain']).empty()
    expect(aggregateOf(received!.fields[name]!).empty()).toBe(empty)
  }
})
