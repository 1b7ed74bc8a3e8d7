import { setTimeout as sleep } from 'node:timers/promises'
import { ConvertError } from '../error.ts'

/** An attempt that may succeed later: after that many milliseconds, where the collector said so. */
export interface Later {
  later: { reason: string; after?: number }
}

// All in milliseconds.
const FIRST_DELAY = 500
const LONGEST_DELAY = 30_000

/**
 * Tries until an attempt gives a result: exponential back-off with full jitter, `Retry-After` obeyed.
 * @param patience for how long attempts may fail, in milliseconds, as far as is known by then
 * @throws ConvertError `unreachable` when that is over
 */
export async function persist<T extends object>(
  attempt: () => Promise<T | Later>,
  patience: () => number,
  where: string,
): Promise<T> {
  const begun = Date.now()
  for (let failures = 0; ; failures++) {
    const result = await attempt()
    if (!('later' in result)) return result
    const { reason, after = Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures) } =
      result.later
    if (Date.now() + after > begun + patience()) {
      throw new ConvertError(
        'unreachable',
        `${where} does not take anything (${reason}); run the same command again to go on where it ended`,
      )
    }
    await sleep(after)
  }
}
