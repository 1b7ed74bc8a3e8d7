import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { inFlight } from './in-flight.ts'

async function* numbers(count: number) {
  for (let index = 0; index < count; index++) yield index
}

it('results come in order, and never more than so many actions are under way', async () => {
  let running = 0
  let most = 0
  const results: number[] = []
  const action = async (index: number) => {
    most = Math.max(most, ++running)
    await sleep(index % 3)
    running--
    return index
  }
  for await (const result of inFlight(numbers(20), 4, action)) results.push(result)
  expect(results).toEqual(Array.from({ length: 20 }, (_, index) => index))
  expect(most).toBe(4)
})

it('a failure comes out after the actions under way have ended, and begins no other', async () => {
  const begun: number[] = []
  const ended: number[] = []
  const action = async (index: number) => {
    begun.push(index)
    await sleep(index === 0 ? 1 : 20)
    if (index === 0) throw new Error('the first fails')
    ended.push(index)
  }
  const drain = async () => {
    for await (const _ of inFlight(numbers(20), 4, action)) {
      // Only the order of beginnings and endings is looked at.
    }
  }
  await expect(drain()).rejects.toThrow('the first fails')
  expect(begun).toEqual([0, 1, 2, 3])
  expect(ended).toEqual([1, 2, 3])
})
