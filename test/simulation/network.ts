import { type Outcome, outcomeOf, uuidTime } from '@trackable/protocol'
import type { Attempt, Transport } from '../../packages/sdk/src/transport/transport.ts'
import { bodyOf } from '../../packages/sdk/src/transport/transport.ts'
import { DEDUP_WINDOW, type SimulatedCollector } from './collector.ts'
import type { Device, Later } from './device.ts'
import type { Faults } from './faults.ts'
import type { World } from './world.ts'

const TIMEOUT = 30_000
const TWO_HOURS = 7_200_000
/**
 * Nobody sends a batch in the last minutes of its window: of two copies one would be too old, and which of them
 * counts is chance.
 */
const EDGE = 600_000

/** The network between devices and collectors. `onSent` is told of each attempt, whatever becomes of it. */
export function createNetwork(
  world: World,
  collectors: readonly SimulatedCollector[],
  faults: Faults,
  onSent: (attempt: Attempt) => void,
): (device: Device, later: Later) => Transport {
  return (device, later) => ({
    async send(attempt) {
      onSent(attempt)
      const body = bodyOf(attempt, attempt.key)
      const agent = device.bot ? 'bot' : 'browser'
      const age = Date.parse(attempt.sentAt) - uuidTime(attempt.id)
      const lost = world.chance(faults.requestLost) || Math.abs(age - DEDUP_WINDOW) < EDGE
      if (attempt.leaving) {
        if (!lost) void deliver(body, agent).catch(() => undefined)
        return { kind: 'unknown' }
      }
      return new Promise<Outcome>((settle) => {
        const answer = (outcome: Outcome) => later(world.between(5, 100), () => settle(outcome))
        later(TIMEOUT, () => settle({ kind: 'retry', reason: 'timeout' }))
        if (lost) return
        deliver(body, agent).then(
          ({ status, text, headers }) => {
            world.note(() => `${attempt.id} ${status} ${text.slice(0, 100)}`)
            if (world.chance(faults.answerLost)) return
            answer(outcomeOf(attempt.id, status, text, headers['Retry-After'] ?? null, 0))
          },
          () => answer({ kind: 'retry', reason: 'connection refused' }),
        )
      })
    },
  })

  async function deliver(body: string, agent: string) {
    const late = world.chance(faults.delayed) ? world.between(0, TWO_HOURS) : 0
    if (world.chance(faults.repeated)) {
      const gap = world.chance(0.5) ? world.between(0, 50) : world.between(0, TWO_HOURS)
      const again = world.pick(collectors)
      world.after(gap, () => void again.receive(body, agent).catch(() => undefined), again)
    }
    const collector = world.pick(collectors)
    await new Promise<void>((settle) => world.after(world.between(5, 100) + late, settle, collector))
    if (world.chance(faults.unavailable)) {
      const text = JSON.stringify({ code: 'unavailable', message: 'a proxy', retryAfter: 5 })
      return { status: 503, headers: { 'Retry-After': '5' } as Record<string, string>, text }
    }
    return collector.receive(body, agent)
  }
}
