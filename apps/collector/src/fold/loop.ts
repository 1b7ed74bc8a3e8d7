import type { Fold } from './fold.ts'

/** The fold on a period. */
export interface FoldLoop {
  /** Folds what waits, starts no further fold, and resolves when none runs. */
  stop(): Promise<void>
}

const LONGEST_PAUSE = 10_000

/**
 * Folds every `every` milliseconds. A database that is away or refuses is asked again with growing pauses, full
 * jitter, at most 10 s apart; ingest goes on meanwhile.
 */
export function startFoldLoop(
  fold: Fold,
  every: number,
  /** Called at each failure, with the milliseconds since the first of them. */
  onFailure: (error: unknown, failingMs: number) => void,
  onRecovery: () => void,
): FoldLoop {
  let failures = 0
  let failingSince = 0
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  async function once(): Promise<void> {
    try {
      await fold.run()
      if (failures > 0) onRecovery()
      failures = 0
    } catch (error) {
      const failedAt = performance.now()
      if (failures++ === 0) failingSince = failedAt
      onFailure(error, failedAt - failingSince)
    }
    if (!stopped) schedule()
  }

  function schedule(): void {
    const pause = failures === 0 ? every : Math.random() * Math.min(LONGEST_PAUSE, every * 2 ** failures)
    timer = setTimeout(() => {
      running = once()
    }, pause)
  }

  schedule()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
      if (failures === 0) await fold.run().catch((error) => onFailure(error, 0))
    },
  }
}
