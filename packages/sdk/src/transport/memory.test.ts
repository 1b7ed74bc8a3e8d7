import { describe, expect, test } from 'vitest'
import { createMemoryTransport } from './memory.ts'
import { attemptOf, describeTransport } from './transport.contract.ts'

describe('the transport in memory', () => {
  describeTransport((farEnd) => {
    const transport = createMemoryTransport()
    const error = { code: 'unknown_key', message: 'no such key' } as const
    if (farEnd === 'refuses the key') transport.answer({ kind: 'held', error })
    if (farEnd === 'is busy') transport.answer({ kind: 'retry', after: 5000, reason: 'status 503' })
    if (farEnd === 'breaks') {
      transport.answer(() => {
        throw new Error('connection reset')
      })
    }
    return transport
  })

  test('nobody hears what became of a beacon', async () => {
    expect(await createMemoryTransport().send(attemptOf({ leaving: true }))).toEqual({ kind: 'unknown' })
  })
})
