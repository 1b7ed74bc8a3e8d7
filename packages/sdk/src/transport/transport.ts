import type { Outcome } from '@trackable/protocol'

/** One attempt to send a batch. `id` and `events` are sealed; the rest is set anew at each attempt. */
export interface Attempt {
  id: string
  /** The events as a JSON array. */
  events: string
  key: string
  grant: string | undefined
  /** ISO 8601. */
  sentAt: string
  /** The page is being left: the request has to begin at once, and nobody may be there for its answer. */
  leaving: boolean
}

/** What carries a batch to the collector. Every implementation passes `transport.contract.ts`. */
export interface Transport {
  /** Sends once and says what it came to. Never rejects: a failure is the outcome `retry`. */
  send(attempt: Attempt): Promise<Outcome>
}

/** The body of a batch. `key` is left out where a header carries it. */
export function bodyOf(attempt: Attempt, key?: string): string {
  const { id, sentAt, grant } = attempt
  return `{"events":${attempt.events},${JSON.stringify({ v: 1, id, key, sentAt, grant }).slice(1)}`
}
