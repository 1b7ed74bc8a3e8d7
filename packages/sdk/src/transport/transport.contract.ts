import { expect, test } from 'vitest'
import type { Attempt, Transport } from './transport.ts'

/** An attempt as tests make it. */
export function attemptOf(over: Partial<Attempt> = {}): Attempt {
  const event = {
    dataset: 'article',
    parent: '42',
    at: '2026-11-24T10:00:00.000Z',
    fields: { impressions: 1 },
  }
  return {
    id: '01936f2e-0000-7000-8000-000000000000',
    events: JSON.stringify([event]),
    key: 'pk_1',
    grant: undefined,
    sentAt: '2026-11-24T10:00:05.000Z',
    leaving: false,
    ...over,
  }
}

/** What the far end did with the next attempt. */
export type FarEnd = 'accepts' | 'refuses the key' | 'is busy' | 'breaks'

/** What every transport keeps to. `create` gives one whose far end does as told. */
export function describeTransport(create: (farEnd: FarEnd) => Transport | Promise<Transport>): void {
  test('a batch that was accepted is settled with the answer', async () => {
    const outcome = await (await create('accepts')).send(attemptOf())
    expect(outcome).toMatchObject({ kind: 'settled', answer: { id: attemptOf().id, accepted: 1 } })
  })

  test('a key that is refused holds the batch', async () => {
    const outcome = await (await create('refuses the key')).send(attemptOf())
    expect(outcome).toMatchObject({ kind: 'held', error: { code: 'unknown_key' } })
  })

  test('a busy collector is tried again after the time it named', async () => {
    expect(await (await create('is busy')).send(attemptOf())).toMatchObject({ kind: 'retry', after: 5000 })
  })

  test('a broken connection is tried again, and nothing is thrown', async () => {
    expect(await (await create('breaks')).send(attemptOf())).toMatchObject({ kind: 'retry' })
  })
}
