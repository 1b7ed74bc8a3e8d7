import type { Core } from '../core.ts'
import type { TrackerOptions } from '../options.ts'
import { createLoneOwner, type Ownership } from '../owner.ts'
import type { Store } from '../store/store.ts'
import type { FlushResult, RegisteredDatasets, Tracker } from '../types.ts'
import { atExit } from './at-exit.ts'
import { isFileStore, releaseStore, TAKEN } from './file-store.ts'
import { trackerFor } from './for-request.ts'
import type { AnyRequest } from './visitor.ts'

// Milliseconds that an ending process tries to empty a queue that lives in memory.
const DRAIN_FOR = 10_000
const DRAIN_STEP = 500

/** The tracker of a server process. */
export interface ServerTracker<Datasets = RegisteredDatasets> extends Tracker<Datasets> {
  /**
   * The tracker for one request, of Fetch or of Node: its events carry the visitor's user agent and address, so that
   * bot filter and visitor count judge the visitor and not this server. That needs a secret key. The address is the
   * last of `X-Forwarded-For` and of the connection that is no private one.
   * @example tracker.forRequest(request).increment('article', id, 'views')
   */
  forRequest(request: AnyRequest): Tracker<Datasets>
}

/** Makes the tracker of a server out of a core: it drains before the process ends, and passes visitors on. */
export function createServerTracker(
  { tracker, leave, settled }: Core,
  options: TrackerOptions,
  store: Store | undefined,
): ServerTracker<undefined> {
  const stays = store !== undefined && store !== TAKEN
  const respects = !('respectPrivacySignals' in options && options.respectPrivacySignals === false)
  // A collector that takes connections and does not answer holds nobody up for longer than one that is down.
  const patience = () => new Promise<void>((resolve) => void setTimeout(resolve, DRAIN_FOR).unref())
  const cancelExit = atExit({
    drain: () => Promise.race([drain(tracker, stays), patience()]),
    spill: () => leave(true),
  })
  let closing: Promise<FlushResult> | undefined
  async function close(): Promise<FlushResult> {
    // Of all that is sent from here on: a batch may also be settled while nothing is flushed.
    const before = settled()
    if (!stays) await drain(tracker, stays)
    const { pending } = await tracker.close()
    cancelExit()
    await releaseStore(store)
    return { sent: settled() - before, pending }
  }
  const server: ServerTracker<undefined> = {
    ...tracker,
    close: () => (closing ??= close()),
    forRequest: (request) => trackerFor(server, request, respects),
  }
  return server
}

/** The owner of what waits in a store: one of files is open to one tracker at a time, others are shared by nobody. */
export function ownerOf(store: Store | undefined, name: string): Ownership {
  return isFileStore(store) ? createSoleOwner(name) : createLoneOwner(name)
}

/**
 * The owner in a store that one tracker at a time can open: what others have left there is free, once (`what one could
 * not send is sent by the next`, file-store.test.ts).
 */
function createSoleOwner(name: string): Ownership {
  const given = new Set([name])
  return {
    ...createLoneOwner(name),
    async orphans(batches) {
      // A list that was asked for before a batch was settled may arrive after that.
      const free = batches.filter(({ id, owner }) => !given.has(owner) && !given.has(id))
      for (const { id } of free) given.add(id)
      return free
    },
  }
}

/**
 * Flushes until nothing waits. A queue that is gone with the process tries for a while where the collector is down;
 * what stays in a store is tried once.
 */
async function drain(tracker: Tracker<undefined>, stays: boolean): Promise<void> {
  const until = Date.now() + DRAIN_FOR
  let { pending } = await tracker.flush()
  while (pending > 0 && !stays && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP))
    pending = (await tracker.flush()).pending
  }
}
