import { expect, test } from 'vitest'
import { createSubscriber } from './live-subscriber.ts'

const wishes = new Map([['page', { fields: ['hits'], parents: undefined }]])
const row = (text: string) => ({ parent: text, hits: { digits: '1' } })

function createReader() {
  const { subscriber, body } = createSubscriber(wishes, JSON.stringify, () => true)
  let ends = 0
  subscriber.onEnd(() => ends++)
  return { subscriber, body, ends: () => ends }
}

test('a reader that is too slow loses the stream with all that waits in it', async () => {
  const { subscriber, body, ends } = createReader()
  for (let i = 0; i < 3 && ends() === 0; i++) subscriber.tell('page', [row('x'.repeat(600_000))])
  expect(ends()).toBe(1)
  // Nothing is kept for it: neither the first kilobyte nor the connection.
  await expect(body.getReader().read()).rejects.toThrow('wait for a reader')
  subscriber.tell('page', [row('a')])
  subscriber.end()
  expect(ends()).toBe(1)
})

test('a stream that is ended says what it had to say', async () => {
  const { subscriber, body, ends } = createReader()
  subscriber.tell('page', [row('a')])
  subscriber.end()
  expect(ends()).toBe(1)
  expect(await new Response(body).text()).toContain('event: totals')
})
