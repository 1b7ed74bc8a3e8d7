/** What a tracker does when its process ends. */
export interface AtExit {
  /** Sends what waits. It ends by itself, also where the collector is away. */
  drain(): Promise<unknown>
  /** Writes at once what waits, where there is a place for it. */
  spill(): void
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

const living = new Set<AtExit>()

/**
 * Has a process drain before it ends: when nothing is left to do, and on the signals that end it. After a signal
 * that nobody else listens to it then ends as it would have; a second one ends it at once. `process.exit()` waits
 * for nothing: then what waits is written, by stores that can. Returns what takes that back.
 */
export function atExit(tracker: AtExit): () => void {
  if (living.size === 0) {
    process.on('beforeExit', drainOnce).on('exit', spillAll)
    for (const signal of SIGNALS) process.on(signal, endBy)
  }
  living.add(tracker)
  return () => {
    living.delete(tracker)
    if (living.size === 0) unlisten()
  }
}

function unlisten(): void {
  process.off('beforeExit', drainOnce).off('exit', spillAll)
  for (const signal of SIGNALS) process.off(signal, endBy)
}

async function endBy(signal: NodeJS.Signals): Promise<void> {
  for (const each of SIGNALS) process.off(each, endBy)
  await drainAll()
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
}

function drainOnce(): void {
  // What keeps a process busy with draining makes it end a second time.
  process.off('beforeExit', drainOnce)
  drainAll()
}

function drainAll(): Promise<unknown> {
  return Promise.allSettled([...living].map((tracker) => tracker.drain()))
}

function spillAll(): void {
  // What `process.exit()` cuts off is written here (`left by process.exit in the task that tracked`, at-exit.test.ts).
  for (const tracker of living) tracker.spill()
}
