/** Events of a minute that were dropped or rejected. */
export interface Drop {
  /** When the minute began, in UTC. */
  minute: string
  /** `""` for what is no dataset's name. */
  dataset: string
  code: string
  events: number
}

/** What was turned away, minute by minute, since this process started. */
export interface Drops {
  add(dataset: string, code: string): void
  /** The newest minute first. */
  list(): Drop[]
}

const MINUTE = 60_000
const MINUTES = 24 * 60
/** More than that, and the oldest minute goes: twelve codes of a hundred datasets for a quarter of an hour. */
const MOST = 20_000

/** Keeps a day of minutes, fewer where more is turned away in more ways than there is room for. */
export function createDrops(now: () => number, most = MOST): Drops {
  const minutes = new Map<number, Map<string, Drop>>()
  let held = 0

  function forget(minute: number): void {
    held -= minutes.get(minute)!.size
    minutes.delete(minute)
  }
  function minuteOf(at: number): Map<string, Drop> {
    const minute = Math.floor(at / MINUTE)
    const found = minutes.get(minute) ?? new Map<string, Drop>()
    minutes.set(minute, found)
    return found
  }
  function forgetOld(at: number): void {
    for (const minute of minutes.keys()) {
      const isOld = minute <= Math.floor(at / MINUTE) - MINUTES
      if (!isOld && (held <= most || minutes.size === 1)) return
      forget(minute)
    }
  }

  return {
    add(dataset, code) {
      const at = now()
      const found = minuteOf(at)
      const name = `${dataset} ${code}`
      const drop = found.get(name)
      if (drop) drop.events++
      else {
        const minute = new Date(Math.floor(at / MINUTE) * MINUTE).toISOString()
        found.set(name, { minute, dataset, code, events: 1 })
        held++
        forgetOld(at)
      }
    },
    list() {
      if (minutes.size > 0) forgetOld(now())
      return [...minutes.values()].reverse().flatMap((found) => [...found.values()])
    },
  }
}
