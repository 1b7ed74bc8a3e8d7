import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks again and again until the answer is neither undefined nor false, and gives it.
 * @param what ends the sentence of the error, such as `Postgres accepts connections`
 * @param ms how long to wait at most, in milliseconds
 * @throws Error with the last error of `ask` as its cause
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  ms = 30_000,
): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + ms
  let cause: unknown
  do {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>
    } catch (error) {
      cause = error
    }
    await sleep(50)
  } while (Date.now() < end)
  throw new Error(`waited ${ms} ms in vain until ${what}`, { cause })
}
