/** Where progress is shown: standard error, where it is a terminal. */
export interface Screen {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

/** Shows how far a run has come. */
export interface Progress {
  bytes(count: number): void
  rows(count: number): void
  /** Takes the line away. */
  stop(): void
}

const EVERY = 200
const SECOND = 1000

/** Shows percent, rows, rate and time left on a terminal, five times a second; nothing elsewhere. */
export function createProgress(screen: Screen, totalBytes: number | undefined): Progress {
  const begun = Date.now()
  let bytes = 0
  let rows = 0
  function show(): void {
    const line = lineOf(bytes, totalBytes, rows, Date.now() - begun)
    screen.write(`\r\u001b[K${line.slice(0, (screen.columns ?? 80) - 1)}`)
  }
  const timer = screen.isTTY ? setInterval(show, EVERY) : undefined
  timer?.unref()
  return {
    bytes(count) {
      bytes += count
    },
    rows(count) {
      rows += count
    },
    stop() {
      if (!timer) return
      clearInterval(timer)
      screen.write('\r\u001b[K')
    },
  }
}

/** One line of progress. `elapsed` in milliseconds; without a total there is no percent and no time left. */
export function lineOf(bytes: number, total: number | undefined, rows: number, elapsed: number): string {
  const rate = elapsed > 0 ? Math.round((rows * SECOND) / elapsed) : 0
  const counts = `${rows.toLocaleString('en-US')} rows · ${rate.toLocaleString('en-US')} a second`
  if (!total) return counts
  const part = Math.min(1, bytes / total)
  const left = part > 0 ? `${timeOf((elapsed * (1 - part)) / part)} left` : ''
  return [`${Math.floor(part * 100)} %`, counts, left].filter(Boolean).join(' · ')
}

function timeOf(ms: number): string {
  const seconds = Math.round(ms / SECOND)
  const minutes = Math.floor(seconds / 60)
  const clock = `${String(minutes % 60).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
  return minutes < 60 ? clock : `${Math.floor(minutes / 60)}:${clock}`
}
