import type { BatchAnswer, ErrorAnswer, Outcome } from '@trackable/protocol'
import { type Batch, eventsOf } from './batch.ts'
import { textOf } from './event.ts'
import type { Host } from './host.ts'
import type { Credential, TrackerOptions } from './options.ts'
import type { Queue } from './queue.ts'
import type { Report } from './report.ts'

// Milliseconds.
const FIRST_DELAY = 1_000
const LONGEST_DELAY = 60_000
const LONGEST_RETRY_AFTER = 86_400_000
// What browsers take of beacons at a time, for all scripts of a page together.
const BEACON_BYTES = 65_536
// What surrounds the events in a body: id, key, time, and a grant as long as it may be.
const ENVELOPE_BYTES = 1024

interface AnyOutcome {
  kind: Outcome['kind']
  error?: ErrorAnswer | undefined
  answer?: BatchAnswer | undefined
  after?: number
}

/** Sends the queue's batches, one at a time, until they are settled. */
export interface Sender {
  /**
   * Sends what is sealed or, with `all`, the open batch too, unless it waits before it tries again. Meanwhile the
   * open batch goes on growing, so that fewer are left to send.
   */
  wake(all?: boolean): void
  /** Sends everything now, also where it waits; only `Retry-After` is obeyed. Resolves after a failure, too. */
  rush(): Promise<void>
  /** How many events have been settled. */
  settled(): number
  /** Sends what fits as beacons, because the page may be gone in a moment. */
  leave(): void
  stop(): void
}

/** Creates the sender of a queue. */
export function createSender(host: Host, queue: Queue, options: TrackerOptions, report: Report): Sender {
  let running: Promise<void> | undefined
  let cancelWait: (() => void) | undefined
  let obeying = 0
  let failures = 0
  let sent = 0

  function resume(): void {
    cancelWait?.()
    cancelWait = undefined
    obeying = 0
    wake(true)
  }
  function wake(all?: boolean): void {
    if (cancelWait) return
    if (all) queue.seal()
    const [batch] = queue.sealed()
    if (batch && !running) running = settle(batch).then(onEnd, onEnd)
  }
  function onEnd(): void {
    running = undefined
    wake()
  }
  async function settle(batch: Batch): Promise<void> {
    batch.sending = true
    // What another page finds in the store is what is sent: nothing that only this one knows goes out under the id.
    // Proven by `a page that dies …` in durability.test.ts and by the simulation.
    await batch.written
    const outcome: AnyOutcome = await send(batch, false)
    batch.sending = false
    if (outcome.error) report.fail(outcome.error.code, outcome.error.message)
    if (outcome.kind === 'settled') {
      failures = 0
      sent += batch.total
      queue.remove(batch, outcome.error?.code)
      if (outcome.answer) report.reject(batch, outcome.answer)
    } else {
      // A function may give another key at any time; a text stays what it is until somebody acts.
      const delay = Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** ++failures)
      obeying = outcome.after ?? 0
      cancelWait = host.later(Math.min(Math.max(delay, obeying), LONGEST_RETRY_AFTER), resume, true)
    }
  }
  async function send(batch: Batch, leaving: boolean): Promise<Outcome> {
    try {
      // Of a page that is left, what waits for no network still happens before it is gone.
      const ask = (credential?: Credential) => (typeof credential === 'function' ? credential() : credential)
      const key = (await ask(options.key)) ?? ''
      const grant = await ask(options.grant)
      // Consent may have been withdrawn meanwhile.
      if (queue.sealed().includes(batch)) {
        const { id } = batch
        report.say('send', id, batch.total)
        const outcome = await host.transport.send({
          id,
          events: eventsOf(batch),
          key,
          grant,
          sentAt: new Date().toISOString(),
          leaving,
        })
        report.say('answer', id, outcome)
        return outcome
      }
    } catch (error) {
      report.fail('credentials', textOf(error))
    }
    return { kind: 'unknown' }
  }
  return {
    wake,
    settled: () => sent,
    async rush() {
      while (running) await running
      if (!obeying) resume()
      while (running) await running
    },
    leave() {
      let room = BEACON_BYTES
      for (const batch of queue.sealed()) {
        const bytes = batch.bytes + ENVELOPE_BYTES
        if (obeying || batch.beaconed || bytes > room) continue
        room -= bytes
        batch.beaconed = true
        send(batch, true)
      }
    },
    stop() {
      cancelWait?.()
      cancelWait = () => {}
    },
  }
}
