const REMEMBERED = 10_000

/** Whether a user agent is a machine's, as isbot knows them. Verdicts are remembered, in bounded memory. */
export async function createBotFilter(): Promise<(userAgent: string | undefined) => boolean> {
  const { isbot } = await import('isbot')
  const verdicts = new Map<string, boolean>()
  return (userAgent) => {
    if (!userAgent) return false
    let verdict = verdicts.get(userAgent)
    if (verdict === undefined) {
      if (verdicts.size >= REMEMBERED) verdicts.clear()
      verdict = isbot(userAgent)
      verdicts.set(userAgent, verdict)
    }
    return verdict
  }
}
