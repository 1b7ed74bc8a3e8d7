const cleanups = new Set<() => void>()

function cleanUp(): void {
  for (const cleanup of [...cleanups].reverse()) cleanup()
  cleanups.clear()
}

/**
 * Runs a synchronous cleanup when this process ends, the newest first. Gives a function that forgets it.
 * The test runner ends its workers with SIGTERM, after which Node emits no `exit` of its own accord.
 */
export function atExit(cleanup: () => void): () => void {
  if (cleanups.size === 0) {
    process.once('exit', cleanUp)
    process.once('SIGTERM', endNow)
  }
  cleanups.add(cleanup)
  return () => {
    cleanups.delete(cleanup)
    if (cleanups.size > 0) return
    process.off('exit', cleanUp)
    process.off('SIGTERM', endNow)
  }
}

function endNow(): void {
  process.exit(143)
}
