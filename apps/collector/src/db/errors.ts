/** The SQLSTATE of a database error, however many libraries wrapped it; undefined where it is none. */
export function sqlStateOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown }
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code
  }
  return undefined
}

/** True where a value is at fault, so that the same statement would fail for ever: data exceptions and checks. */
export function isAboutValue(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state !== undefined && (state.startsWith('22') || state === '23514')
}
