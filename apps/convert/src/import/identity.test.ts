import { uuidVersion } from '@trackable/protocol'
import { describe, expect, it } from 'vitest'
import { bodyOf, nameOf, sealBatch } from './identity.ts'

const part = { name: 'csv:order:a.csv', generation: 0, from: 0, to: 2 }

describe('the id of a batch', () => {
  it('is a UUIDv8 that will be the same in every version, because collectors keep it for ever', () => {
    const { id } = sealBatch(part, ['{"a":1}', '{"a":2}'])
    expect(uuidVersion(id)).toBe(8)
    expect(id).toBe('9cc6d619-3d9f-8aad-bb84-9ea8bad59310')
  })

  it('is another one where anything is', () => {
    const ids = [
      sealBatch(part, ['1', '2']),
      sealBatch(part, ['1,2']),
      sealBatch(part, ['1']),
      sealBatch({ ...part, to: 3 }, ['1', '2']),
      sealBatch({ ...part, from: 1 }, ['1', '2']),
      sealBatch({ ...part, generation: 1 }, ['1', '2']),
      sealBatch({ ...part, name: 'other' }, ['1', '2']),
    ].map(({ id }) => id)
    // '1','2' and '1,2' are the same JSON, and so the same events.
    expect(new Set(ids).size).toBe(ids.length - 1)
  })
})

it('a body is the batch of the wire', () => {
  const sealed = sealBatch(part, ['{"a":1}'])
  expect(JSON.parse(bodyOf(sealed, 0))).toEqual({
    v: 1,
    id: sealed.id,
    sentAt: '1970-01-01T00:00:00.000Z',
    import: part,
    events: [{ a: 1 }],
  })
})

it('a name fits, and differs where the inputs do', () => {
  expect(nameOf('csv', 'order', ['a.csv', 'b.csv'])).toBe('csv:order:a.csv,b.csv')
  const long = (last: string) => nameOf('csv', 'order', [...Array(50).fill('january.csv'), last])
  expect(long('a')).toHaveLength(200)
  expect(long('a')).not.toBe(long('b'))
})
