const MINUTE = 60_000
const HOUR = 3_600_000
// Nearly every offset changes at a whole quarter of an hour, and the fold asks for the same few quarters again and
// again. Where one changes inside a quarter (St. John's at 00:01 until 2011), each instant of it is looked up.
const QUARTER = 900_000
const CACHED_QUARTERS = 20_000

/** Local time minus UTC at an instant; both in milliseconds. */
export type Offsets = (at: number) => number

/** The offsets of an IANA zone, exact at every second that `Intl` knows. @throws RangeError for no zone. */
export function zoneOffsets(zone: string): Offsets {
  if (zone === 'UTC') return () => 0
  const lookUp = createLookUp(zone)
  const cache = new Map<number, number | null>()
  return (at) => {
    const quarter = Math.floor(at / QUARTER)
    let cached = cache.get(quarter)
    if (cached === undefined) {
      const offset = lookUp(quarter * QUARTER)
      cached = lookUp((quarter + 1) * QUARTER - 1000) === offset ? offset : null
      if (cache.size >= CACHED_QUARTERS) cache.clear()
      cache.set(quarter, cached)
    }
    return cached ?? lookUp(at)
  }
}

function createLookUp(zone: string): Offsets {
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
  return (at) => {
    const second = Math.floor(at / 1000) * 1000
    const part: Record<string, string> = {}
    for (const { type, value } of format.formatToParts(second)) part[type] = value
    const year = part.era === 'B' ? 1 - Number(part.year) : Number(part.year)
    const date = utcDate(year, Number(part.month) - 1, Number(part.day))
    const clock = Number(part.hour) * HOUR + Number(part.minute) * MINUTE + Number(part.second) * 1000
    return date + clock - second
  }
}

/** The first instant in (`from`, `to`] with the offset of `to`, where the offset changes once between them. */
export function changeBetween(offsetAt: Offsets, from: number, to: number): number {
  const offset = offsetAt(to)
  let before = from
  let after = to
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (offsetAt(middle) === offset) after = middle
    else before = middle
  }
  return after
}

/** As `Date.UTC`, which reads the years 0 to 99 as 1900 to 1999. */
export function utcDate(year: number, month: number, day: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  return date.getTime()
}
