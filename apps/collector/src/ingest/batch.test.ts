import { uuidv8 } from '@trackable/protocol'
import { expect, test } from 'vitest'
import { parseBatch } from './batch.ts'

const id = uuidv8(new Uint8Array(16))
const part = { name: 'history', generation: 2, from: 0, to: 1 }
const parsed = (change: object) =>
  parseBatch(Buffer.from(JSON.stringify({ v: 1, id, events: [], import: { ...part, ...change } })), 0)

test('an import comes under an even generation, because the odd one after it takes it back', () => {
  expect(parsed({})).toMatchObject({ import: part })
  expect(parsed({ generation: 0 })).toMatchObject({ import: { generation: 0 } })
  for (const generation of [1, 3, 2 ** 53 - 1]) {
    expect(parsed({ generation })).toMatchObject({
      code: 'malformed',
      message: expect.stringContaining('an even generation'),
    })
  }
})
