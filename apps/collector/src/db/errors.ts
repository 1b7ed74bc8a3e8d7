/** The SQLSTATE of a database error, however many libraries wrapped it; undefined where it is none. */
export function sqlStateOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown }
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code
  }
  return undefined
}

/** What the database itself said, without the statement that Drizzle puts before it. */
export function reasonOf(error: unknown): string {
  let innermost = error
  while (innermost instanceof Error && innermost.cause) innermost = innermost.cause
  const { message, code } = innermost as { message?: string; code?: string }
  return [message, code].filter(Boolean).join(' · ') || String(innermost)
}

/** True where a value is at fault, so that the same statement would fail for ever: data exceptions and checks. */
export function isAboutValue(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state !== undefined && (state.startsWith('22') || state === '23514')
}
