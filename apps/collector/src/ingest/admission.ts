import { LIMITS } from '@trackable/protocol'

/** Bounds what requests that are under way hold in memory, and how long they wait (guarantee 6). */
export interface Admission {
  /** Takes a place for a body of that length, the longest where it is not known; gives what leaves it. */
  enter(bytes: number | undefined): (() => void) | undefined
}

const MOST_REQUESTS = 1000
const MOST_BYTES = 16 * 1024 * 1024
/** Refusing a request costs a twentieth of taking one: so long is taken of what is there at once, the rest comes back. */
const LONGEST_TURN_MS = 250

/**
 * At most 1,000 requests and 16 MiB of bodies at once, and a quarter of a second of work in one turn of the event
 * loop: what waits behind them would only wait longer.
 */
export function createAdmission(
  mostRequests = MOST_REQUESTS,
  mostBytes = MOST_BYTES,
  longestTurnMs = LONGEST_TURN_MS,
): Admission {
  let requests = 0
  let held = 0
  let turnBegan: number | undefined

  function turnIsLong(): boolean {
    if (turnBegan !== undefined) return performance.now() - turnBegan > longestTurnMs
    turnBegan = performance.now()
    setImmediate(() => {
      turnBegan = undefined
    })
    return false
  }

  return {
    enter(bytes = LIMITS.bodyBytes) {
      const share = Math.min(bytes, LIMITS.bodyBytes)
      if (requests >= mostRequests || held + share > mostBytes || turnIsLong()) return undefined
      requests++
      held += share
      return () => {
        requests--
        held -= share
      }
    },
  }
}
