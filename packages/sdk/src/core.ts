import { type EncodedEvent, encodeRecord, encodeStep } from './event.ts'
import type { Host } from './host.ts'
import type { TrackerOptions } from './options.ts'
import { createQueue } from './queue.ts'
import { createReport } from './report.ts'
import { createSender } from './sender.ts'
import type { FlushResult, Tracker } from './types.ts'

// Milliseconds. What a closed page left is five seconds old at the second look.
const SECOND_LOOK = 5_500
const NEXT_LOOKS = 30_000

/** A tracker, and what its page tells it. */
export interface Core {
  tracker: Tracker<undefined>
  /** The page is hidden or, when `gone`, may never run again. */
  leave(gone: boolean): void
  /** How many events have been settled. */
  settled(): number
  /** The page or the network is back. */
  resume(): void
}

/** Puts the parts of a tracker together. `onClose` releases what the preset holds. */
export function createCore(options: TrackerOptions, host: Host, onClose: () => void): Core {
  const { flushEvery = 1_000, coalesce = true } = options
  const report = createReport(host, options)
  const queue = createQueue(host, options, report)
  const sender = createSender(host, queue, options, report)
  let { consent = 'granted' } = options
  let left: boolean | undefined
  let closing: Promise<FlushResult> | undefined
  let cancelFlush: (() => void) | undefined
  let cancelLook: (() => void) | undefined

  function track(dataset: unknown, encode: () => EncodedEvent): void {
    try {
      const event = encode()
      const { encoded } = event
      if (closing) report.fail('closed', encoded, dataset as string)
      else if (consent === 'denied' || !event.bytes) report.say('private', encoded)
      else {
        report.say('queued', consent, encoded)
        if (!coalesce) event.step = undefined
        if (queue.add(event)) onOpened()
        // What a page tracks as it goes, after it was told to leave, has no later moment.
        if (left) leave(true)
      }
    } catch (error) {
      report.thrown(error, dataset)
    }
  }
  function onOpened(): void {
    cancelFlush?.()
    cancelFlush = host.later(flushEvery, () => sender.wake(true))
    // The one before it may have been sealed because it was full.
    sender.wake()
    if (!cancelLook) look(SECOND_LOOK)
  }
  async function look(next: number): Promise<void> {
    cancelLook = host.later(next, () => look(NEXT_LOOKS), true)
    await queue.adopt()
    sender.wake()
  }
  async function flush(): Promise<FlushResult> {
    const before = sender.settled()
    await queue.adopt()
    await sender.rush()
    return { sent: sender.settled() - before, pending: queue.waiting() }
  }
  async function close(): Promise<FlushResult> {
    const result = await flush()
    cancelFlush?.()
    cancelLook?.()
    sender.stop()
    host.owner.release()
    onClose()
    return result
  }
  function leave(gone: boolean): void {
    // A page that is left is also hidden, and told so last.
    left ||= gone
    queue.seal()
    // Before the beacons, so that what they carry is what the next page finds.
    queue.spill()
    sender.leave()
    if (gone) host.owner.release()
  }
  function setConsent(state: typeof consent): void {
    consent = state
    queue.setConsent(state)
    sender.wake(true)
  }
  const step =
    (sign: 1 | -1): Tracker<undefined>['increment'] =>
    (dataset, parent, field, by = 1) =>
      track(dataset, () => encodeStep(dataset, parent, field, by * sign))
  setConsent(consent)
  return {
    tracker: {
      increment: step(1),
      decrement: step(-1),
      record: (dataset, parent, fields, extra) =>
        track(dataset, () => encodeRecord(dataset, parent, fields, { signalled: host.signalled, ...extra })),
      setConsent,
      flush,
      close: () => (closing ??= close()),
    },
    leave,
    settled: sender.settled,
    resume() {
      left = false
      sender.rush()
    },
  }
}
