import type { Outcome } from '@trackable/protocol'
import { type Batch, storedBatch } from './batch.ts'
import { createCredentials, type Known } from './credentials.ts'
import type { Host } from './host.ts'
import type { TrackerOptions } from './options.ts'
import type { Queue } from './queue.ts'
import type { Report } from './report.ts'

// Milliseconds.
const FIRST_DELAY = 1_000
const LONGEST_DELAY = 60_000
const LONGEST_RETRY_AFTER = 86_400_000
const AFTER_BEACON = 5_000
// What browsers take of beacons at a time, for all scripts of a page together.
const BEACON_BYTES = 64 * 1024
// What surrounds the events in a body: id, key, time, and a grant as long as it may be.
const ENVELOPE_BYTES = 1024

/** Sends the queue's batches, one at a time, until they are settled. */
export interface Sender {
  /** Sends what is sealed, unless it waits before it tries again. */
  wake(): void
  /** Sends what there is now, also where it waits; only `Retry-After` is obeyed. Resolves after a failure, too. */
  push(): Promise<void>
  /** True while it waits before it tries again. */
  waiting(): boolean
  /** How many events have been settled. */
  sent(): number
  /** Sends what fits as beacons, because the page may be gone in a moment. */
  leave(): void
  stop(): void
}

/** Creates the sender of a queue. */
export function createSender(host: Host, queue: Queue, options: TrackerOptions, report: Report): Sender {
  const credentials = createCredentials(options, report)
  let running: Promise<void> | undefined
  let cancelWait: (() => void) | undefined
  let obeying = false
  let failures = 0
  let sent = 0

  function wait(ms: number, obey = false): void {
    cancelWait?.()
    obeying = obey
    cancelWait = host.after(ms, resume, true)
  }
  function resume(): void {
    cancelWait?.()
    cancelWait = undefined
    obeying = false
    queue.seal()
    wake()
  }
  function wake(): void {
    if (cancelWait || running || !queue.sealed()[0]) return
    running = drain()
      .catch(report.thrown)
      .then(() => {
        running = undefined
        wake()
      })
  }
  async function drain(): Promise<void> {
    for (let batch = queue.sealed()[0]; batch && !cancelWait; batch = queue.sealed()[0]) {
      batch.sending = true
      const known = await credentials.ask()
      const outcome = known ? await send(batch, known) : { kind: 'retry' as const, reason: 'no key' }
      batch.sending = false
      conclude(batch, outcome)
    }
  }
  async function send(batch: Batch, known: Known, leaving = false): Promise<Outcome> {
    const { id, events } = storedBatch(batch, '')
    try {
      return await host.transport.send({ id, events, ...known, sentAt: new Date().toISOString(), leaving })
    } catch (error) {
      return { kind: 'retry', reason: String(error) }
    }
  }
  function conclude(batch: Batch, outcome: Outcome): void {
    if (outcome.kind === 'settled') {
      const { events } = storedBatch(batch, '')
      failures = 0
      sent += batch.count
      queue.remove(batch)
      if (outcome.answer) report.answer(events, outcome.answer)
      else report.error(outcome.error.code, outcome.error.message)
      return
    }
    failures++
    const backOff = Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures)
    if (outcome.kind === 'held') {
      report.error(outcome.error.code, `the queue is held: ${outcome.error.message}`)
      // A function may give another key at any time; a text stays what it is until somebody acts.
      return wait(credentials.canChange ? backOff : LONGEST_DELAY)
    }
    const { after = 0, reason } = { reason: outcome.kind, ...outcome } as { after?: number; reason: string }
    report.debug(`not sent: ${reason}`)
    wait(Math.min(Math.max(after, backOff), LONGEST_RETRY_AFTER), after > 0)
  }
  return {
    wake,
    waiting: () => cancelWait !== undefined,
    sent: () => sent,
    async push() {
      while (running) await running
      if (!obeying) resume()
      while (running) await running
    },
    leave() {
      const known = credentials.peek()
      let room = BEACON_BYTES
      for (const batch of known && !obeying ? queue.sealed() : []) {
        const bytes = batch.bytes + ENVELOPE_BYTES
        if (batch.beaconed || bytes > room) continue
        room -= bytes
        batch.beaconed = true
        send(batch, known as Known, true)
      }
      if (!cancelWait) wait(AFTER_BEACON)
    },
    stop() {
      cancelWait?.()
      cancelWait = () => {}
    },
  }
}
