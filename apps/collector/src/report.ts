import type { LogLevel } from './settings.ts'

/** Says something to the operator. */
export type Report = (level: Exclude<LogLevel, 'silent'>, message: string) => void

const ORDER = { silent: 0, error: 1, warn: 2, info: 3 }

/** Reports on standard error, one line each, with the time. */
export function createReport(level: LogLevel): Report {
  return (of, message) => {
    if (ORDER[of] <= ORDER[level]) process.stderr.write(`${new Date().toISOString()} ${of} ${message}\n`)
  }
}

/** What went wrong at the bottom: the database's own words, without the statement that Drizzle puts before them. */
export function reasonOf(error: unknown): string {
  let innermost = error
  while (innermost instanceof Error && innermost.cause) innermost = innermost.cause
  const { message, code } = innermost as { message?: string; code?: string }
  return [message, code].filter(Boolean).join(' · ') || String(innermost)
}
