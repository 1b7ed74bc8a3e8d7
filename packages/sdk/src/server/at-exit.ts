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
 * that nobody else listens to it then ends as it would have; a second one ends it at once. After one that the process
 * handles itself it drains again by the next. `process.exit()` waits for nothing: then what waits is written, by
 * stores that can. Returns what takes that back.
 */
export function atExit(tracker: AtExit): () => void {
  if (living.size === 0) {
    process.on('beforeExit', drainOnce).on('exit', spillAll)
    listen()
  }
  living.add(tracker)
  return () => {
    living.delete(tracker)
    if (living.size === 0) unlisten()
  }
}

function listen(): void {
  for (const signal of SIGNALS) process.on(signal, endBy)
}

function ignoreSignals(): void {
  for (const signal of SIGNALS) process.off(signal, endBy)
}

function unlisten(): void {
  process.off('beforeExit', drainOnce).off('exit', spillAll)
  ignoreSignals()
}

async function endBy(signal: NodeJS.Signals): Promise<void> {
  ignoreSignals()
  // Another copy of this module is told of the signal in the same task, and is none that handles it.
  await undefined
  const handled = process.listenerCount(signal) > 0
  // The process goes on, and may be ended later (`by a signal after one that it handled itself`, at-exit.test.ts).
  if (handled && living.size > 0) listen()
  await drainAll()
  if (!handled) process.kill(process.pid, signal)
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
