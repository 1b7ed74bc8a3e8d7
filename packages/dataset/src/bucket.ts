import type { Grain } from './dataset.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000
// Every zone's offset has changed only at whole quarters of an hour since 1970 but for a few seconds-wide oddities
// before it, so one look-up a quarter is exact; the fold asks for the same few quarters again and again.
const QUARTER = 900_000
const CACHED_QUARTERS = 20_000

/** A zone's clock: offsets from UTC and the buckets of each grain. Times are milliseconds since 1970 UTC. */
export interface ZoneClock {
  /** Local time minus UTC at that instant, in milliseconds. */
  offsetAt(at: number): number
  /** Start of the bucket that holds the instant. */
  bucketOf(at: number, grain: Grain): number
  /** Start of the bucket after the one that starts there. */
  nextBucket(start: number, grain: Grain): number
  /** The instant with its local offset: `2011-01-31T00:00:00.000+01:00`. */
  iso(at: number): string
}

const clocks = new Map<string, ZoneClock>()

/**
 * The clock of an IANA zone. Days of 23 and 25 hours, offsets of a quarter of an hour and days that a zone left
 * out are right: a day starts at the first instant that bears its date there (as Temporal's `startOfDay`).
 */
export function zoneClock(zone: string): ZoneClock {
  const known = clocks.get(zone)
  if (known) return known
  const clock = zone === 'UTC' ? createClock(() => 0) : createClock(zoneOffsets(zone))
  clocks.set(zone, clock)
  return clock
}

function zoneOffsets(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    era: 'narrow',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const cache = new Map<number, number>()
  return (at) => {
    const quarter = Math.floor(at / QUARTER)
    const cached = cache.get(quarter)
    if (cached !== undefined) return cached
    const part: Record<string, string> = {}
    const start = quarter * QUARTER
    for (const { type, value } of format.formatToParts(start)) part[type] = value
    const year = part.era === 'B' ? 1 - Number(part.year) : Number(part.year)
    const local = utc(year, Number(part.month) - 1, Number(part.day))
    const clock = Number(part.hour) * HOUR + Number(part.minute) * MINUTE + Number(part.second) * 1000
    if (cache.size >= CACHED_QUARTERS) cache.clear()
    cache.set(quarter, local + clock - start)
    return local + clock - start
  }
}

function createClock(offsetAt: (at: number) => number): ZoneClock {
  function fromLocal(local: number): number {
    const before = offsetAt(local - DAY)
    if (offsetAt(local - before) === before) return local - before
    const after = offsetAt(local + DAY)
    return offsetAt(local - after) === after ? local - after : local - before
  }
  function bucketOf(at: number, grain: Grain): number {
    const local = at + offsetAt(at)
    if (grain === 'minute') return at - mod(local, MINUTE)
    if (grain === 'hour') return at - mod(local, HOUR)
    return fromLocal(floorDate(local, grain))
  }
  return {
    offsetAt,
    bucketOf,
    nextBucket(start, grain) {
      if (grain === 'minute') return start + MINUTE
      // A zone may move by half an hour, so the next full hour there can be 30 or 90 minutes away.
      if (grain === 'hour')
        return bucketOf(start + HOUR, 'hour') > start ? bucketOf(start + HOUR, 'hour') : start + HOUR
      return fromLocal(stepDate(start + offsetAt(start), grain))
    },
    iso(at) {
      const offset = offsetAt(at)
      const minutes = Math.round(Math.abs(offset) / MINUTE)
      const hours = `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`
      return `${new Date(at + offset).toISOString().slice(0, -1)}${offset < 0 ? '-' : '+'}${hours}`
    },
  }
}

function floorDate(local: number, grain: Grain): number {
  const day = local - mod(local, DAY)
  const date = new Date(day)
  if (grain === 'week') return day - mod(date.getUTCDay() - 1, 7) * DAY
  if (grain === 'month') return utc(date.getUTCFullYear(), date.getUTCMonth(), 1)
  if (grain === 'year') return utc(date.getUTCFullYear(), 0, 1)
  return day
}

function stepDate(local: number, grain: Grain): number {
  const floor = floorDate(local, grain)
  const date = new Date(floor)
  if (grain === 'month') return utc(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
  if (grain === 'year') return utc(date.getUTCFullYear() + 1, 0, 1)
  return floor + (grain === 'week' ? 7 : 1) * DAY
}

/** As `Date.UTC`, which reads the years 0 to 99 as 1900 to 1999. */
function utc(year: number, month: number, day: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  return date.getTime()
}

function mod(a: number, b: number): number {
  return ((a % b) + b) % b
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
