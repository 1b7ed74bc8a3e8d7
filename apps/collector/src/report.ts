import { pino } from 'pino'
import type { LogLevel } from './settings.ts'

/** What is known of a line beside its sentence. */
export interface ReportFacts {
  /** The request that it is about, as its answer's `X-Request-Id` has it. */
  requestId?: string
  /** The route of that request, never its path, which may name a visitor. */
  route?: string
  status?: number
  code?: string
}

/** Says something to the operator. */
export type Report = (level: Exclude<LogLevel, 'silent'>, message: string, facts?: ReportFacts) => void

/** What takes the lines: standard error, or what a test reads. */
export interface ReportStream {
  write(text: string): unknown
  isTTY?: boolean
}

const KEYS = /\b[ps]k_[\w-]+/g
const PASSWORDS = /(?<=\w:\/\/)[^\s/@"]*:[^\s/"]*(?=@)/g
const ORDER = { silent: 0, error: 1, warn: 2, info: 3, debug: 4 }

/**
 * Reports line by line: a sentence on a terminal, else JSON with `level`, `time`, `message` and the facts. No line
 * tells a key, or the password of a URL, whoever's sentence it was. Tested in report.test.ts and test/doors.test.ts.
 * @param stream standard error by default, written before the call returns: a process that ends loses no line
 */
export function createReport(level: LogLevel, stream?: ReportStream): Report {
  const clean = (line: string) => line.replace(KEYS, '(key)').replace(PASSWORDS, '(password)')
  if ((stream ?? process.stderr).isTTY) return createSentences(level, stream ?? process.stderr, clean)
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: clean },
    },
    stream ?? pino.destination({ dest: 2, sync: true }),
  )
  return (of, message, facts = {}) => logger[of](facts, message)
}

function createSentences(level: LogLevel, stream: ReportStream, clean: (line: string) => string): Report {
  return (of, message, { requestId } = {}) => {
    if (ORDER[of] > ORDER[level]) return
    const request = requestId === undefined ? '' : ` (request ${requestId})`
    stream.write(clean(`${new Date().toISOString()} ${of} ${message}${request}\n`))
  }
}

/** What went wrong at the bottom: the database's own words, without the statement that Drizzle puts before them. */
export function reasonOf(error: unknown): string {
  let innermost = error
  while (innermost instanceof Error && innermost.cause) innermost = innermost.cause
  const { message, code } = innermost as { message?: string; code?: string }
  return [message, code].filter(Boolean).join(' · ') || String(innermost)
}
