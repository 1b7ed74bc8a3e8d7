import type { Outcome } from '@trackable/protocol'
import type { Attempt, Transport } from './transport.ts'

/** A transport that keeps what was sent, and a collector that a test can steer. */
export interface MemoryTransport extends Transport {
  /** Every attempt, in order, also those that came to nothing. */
  readonly attempts: Attempt[]
  /** Answers the next attempts with these outcomes, or what the functions make of them, before it accepts again. */
  answer(...outcomes: (Outcome | ((attempt: Attempt) => Outcome | Promise<Outcome>))[]): void
}

/** A collector in memory: accepts every batch unless told otherwise. Beacons are taken and stay unknown. */
export function createMemoryTransport(): MemoryTransport {
  const attempts: Attempt[] = []
  const answers: Parameters<MemoryTransport['answer']> = []
  return {
    attempts,
    answer(...outcomes) {
      answers.push(...outcomes)
    },
    async send(attempt) {
      attempts.push(attempt)
      if (attempt.leaving) return { kind: 'unknown' }
      const next = answers.shift() ?? accepted
      try {
        return typeof next === 'function' ? await next(attempt) : next
      } catch (error) {
        return { kind: 'retry', reason: String(error) }
      }
    },
  }
}

function accepted({ id, events }: Attempt): Outcome {
  const count = JSON.parse(events).length
  return { kind: 'settled', answer: { id, accepted: count, dropped: [], rejected: [] } }
}
