import type { Grain } from './dataset.ts'
import { changeBetween, type Offsets, utcDate, zoneOffsets } from './zone.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000

/** A zone's clock: offsets from UTC and the buckets of each grain. Times are milliseconds since 1970 UTC. */
export interface ZoneClock {
  /** Local time minus UTC at that instant, in milliseconds. */
  offsetAt(at: number): number
  /** Start of the bucket that holds the instant. */
  bucketOf(at: number, grain: Grain): number
  /** Start of the bucket after the one that starts there. */
  nextBucket(start: number, grain: Grain): number
  /**
   * The instant of a local time, given as if it were UTC. A time that the clocks show twice is the earlier one;
   * one that they skip is read with the offset before the change (as Temporal's `compatible`).
   */
  fromLocal(local: number): number
  /** The instant with its local offset: `2011-01-31T00:00:00.000+01:00`. */
  iso(at: number): string
}

interface Bucket {
  start: number
  end: number
}

const clocks = new Map<string, ZoneClock>()

/**
 * The clock of an IANA zone. Buckets of a grain tile the time line. A day, week, month or year starts at the first
 * instant that bears its date (as Temporal's `startOfDay`), so days of 23 and 25 hours and days that a zone left
 * out are right. An hour ends at the next full hour of the local clock: where a zone moves by half an hour, that is
 * 30 or 90 minutes away.
 */
export function zoneClock(zone: string): ZoneClock {
  const known = clocks.get(zone)
  if (known) return known
  const clock = createClock(zoneOffsets(zone))
  clocks.set(zone, clock)
  return clock
}

function createClock(offsetAt: Offsets): ZoneClock {
  const fromLocal = (local: number) => instantOf(offsetAt, local)
  const dateStart = (local: number) => startOfDate(offsetAt, local)
  // Events come in about the order of time, so that the last bucket of a grain is nearly always the next one too.
  const last = new Map<Grain, Bucket>()
  function nextBucket(start: number, grain: Grain): number {
    if (grain === 'minute' || grain === 'hour') return nextFull(offsetAt, start, widthOf(grain))
    return dateStart(stepDate(start + offsetAt(start), grain))
  }
  function findBucket(at: number, grain: Grain): Bucket {
    const clockGrain = grain === 'minute' || grain === 'hour'
    const start = clockGrain
      ? lastFull(offsetAt, at, widthOf(grain))
      : dateStart(floorDate(at + offsetAt(at), grain))
    const end = nextBucket(start, grain)
    // Clocks put back over midnight show the end of a day again after the next one has begun.
    return at < end ? { start, end } : { start: end, end: nextBucket(end, grain) }
  }
  return {
    offsetAt,
    fromLocal,
    nextBucket,
    bucketOf(at, grain) {
      const known = last.get(grain)
      if (known && at >= known.start && at < known.end) return known.start
      const found = findBucket(at, grain)
      last.set(grain, found)
      return found.start
    },
    iso: (at) => isoOf(at, offsetAt(at)),
  }
}

function widthOf(grain: 'minute' | 'hour'): number {
  return grain === 'minute' ? MINUTE : HOUR
}

/** The latest full hour (or minute) of the local clock up to an instant. */
function lastFull(offsetAt: Offsets, at: number, width: number): number {
  const offset = offsetAt(at)
  const start = at - mod(at + offset, width)
  if (offsetAt(start) === offset) return start
  const change = changeBetween(offsetAt, start, at)
  const before = offsetAt(change - 1)
  const full = floor(change - 1 + before, width)
  // A change in the middle of an hour goes on with that hour, unless it leads into another one.
  return full === start + offset ? full - before : change
}

function nextFull(offsetAt: Offsets, start: number, width: number): number {
  const full = floor(start + offsetAt(start), width)
  let end = full + width - offsetAt(start)
  if (offsetAt(end - 1) !== offsetAt(start)) end = changeBetween(offsetAt, start, end - 1)
  const local = end + offsetAt(end)
  const goesOn = mod(local, width) !== 0 && floor(local, width) === full
  return goesOn ? full + width - offsetAt(end) : end
}

function instantOf(offsetAt: Offsets, local: number): number {
  const before = offsetAt(local - DAY)
  if (offsetAt(local - before) === before) return local - before
  const after = offsetAt(local + DAY)
  return offsetAt(local - after) === after ? local - after : local - before
}

/** The first instant that bears a date or a later one; `local` is its midnight as if it were UTC. */
function startOfDate(offsetAt: Offsets, local: number): number {
  const start = instantOf(offsetAt, local)
  const skipped = start + offsetAt(start) - local
  return skipped > 0 ? changeBetween(offsetAt, start - skipped, start) : start
}

function floorDate(local: number, grain: Grain): number {
  const day = floor(local, DAY)
  const date = new Date(day)
  if (grain === 'week') return day - mod(date.getUTCDay() - 1, 7) * DAY
  if (grain === 'month') return utcDate(date.getUTCFullYear(), date.getUTCMonth(), 1)
  if (grain === 'year') return utcDate(date.getUTCFullYear(), 0, 1)
  return day
}

function stepDate(local: number, grain: Grain): number {
  const start = floorDate(local, grain)
  const date = new Date(start)
  if (grain === 'month') return utcDate(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
  if (grain === 'year') return utcDate(date.getUTCFullYear() + 1, 0, 1)
  return start + (grain === 'week' ? 7 : 1) * DAY
}

function isoOf(at: number, offset: number): string {
  const minutes = Math.round(Math.abs(offset) / MINUTE)
  const hours = `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`
  return `${new Date(at + offset).toISOString().slice(0, -1)}${offset < 0 ? '-' : '+'}${hours}`
}

function floor(value: number, width: number): number {
  return value - mod(value, width)
}

function mod(a: number, b: number): number {
  return ((a % b) + b) % b
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
