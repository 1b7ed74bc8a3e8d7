import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Dataset } from '@trackable/dataset'
import type { LoggedEvent } from '../log/event-log.ts'
import { elementOf } from '../secret.ts'

/** Who sends, as far as a visitor can be told from another. */
export interface VisitorFacts {
  address: string | undefined
  userAgent: string | undefined
}

/** Gives the element under which a visitor counts on the day of an arrival; undefined where nothing tells them apart. */
export interface Visitors {
  elementOf(facts: VisitorFacts, arrival: number): string | undefined
  stop(): void
}

interface Salt {
  day: string
  salt: string
}

const DAY = 86_400_000
const CHECK_MS = 3_600_000

/**
 * Guarantee 8 for visitors: address and user agent are hashed with a salt of the arrival's UTC day. There is one salt
 * at a time, in one file; the first arrival of another day, or an hourly look at the clock, replaces it, so that none
 * outlives its day by more than an hour while the collector runs. Proven by `visitors.test.ts`.
 */
export function createVisitors(path: string, now: () => number): Visitors {
  let today = readSalt(path)
  const forget = () => {
    if (!today || today.day === dayOf(now())) return
    today = undefined
    rmSync(path, { force: true })
  }
  forget()
  const looking = setInterval(forget, CHECK_MS).unref()

  function saltOf(day: string): string {
    if (today?.day !== day) {
      today = { day, salt: randomBytes(32).toString('hex') }
      writeFileSync(`${path}.new`, JSON.stringify(today), { mode: 0o600 })
      renameSync(`${path}.new`, path)
    }
    return today.salt
  }

  return {
    elementOf({ address, userAgent }, arrival) {
      if (!address && !userAgent) return undefined
      const salt = Buffer.from(saltOf(dayOf(arrival)), 'hex')
      return elementOf(salt, `${address ?? ''}\u0000${userAgent ?? ''}`)
    },
    stop: () => clearInterval(looking),
  }
}

/** Gives what puts the visitor into every `unique({ of: 'visitor' })` of an event's dataset. */
export function createVisitorAdder(
  datasets: readonly Dataset[],
  visitors: Visitors,
): (event: LoggedEvent, facts: VisitorFacts, arrival: number) => void {
  const places = datasets.map(({ fields }) =>
    Object.values(fields).flatMap((field, index) => (field.kind === 'unique' && field.of ? [index] : [])),
  )
  return ([dataset, , , fields], facts, arrival) => {
    const mine = places[dataset]!
    const element = mine.length > 0 ? visitors.elementOf(facts, arrival) : undefined
    if (element !== undefined) for (const place of mine) fields.push(place, element)
  }
}

function dayOf(at: number): string {
  return new Date(Math.floor(at / DAY) * DAY).toISOString().slice(0, 10)
}

/** A file that cannot be read as a salt is as good as none: visitors of the day are counted anew. */
function readSalt(path: string): Salt | undefined {
  try {
    const { day, salt } = JSON.parse(readFileSync(path, 'utf8'))
    return typeof day === 'string' && /^[0-9a-f]{64}$/.test(salt) ? { day, salt } : undefined
  } catch {
    return undefined
  }
}
