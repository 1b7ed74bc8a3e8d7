import { zoneClock } from '@trackable/dataset/fold'

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i
const EPOCH = /^(?:\d{10}|\d{13})$/
const MINUTE = 60_000

/** Reads a time from text, in milliseconds since 1970; undefined where it is none. */
export type ReadTime = (text: string) => number | undefined

/**
 * Reads ISO 8601 with an offset or Z; without one, and dates alone (their first instant), in that IANA zone; ten
 * digits as seconds since 1970, thirteen as milliseconds. A local time that the clocks show twice is the earlier.
 */
export function createReadTime(zone: string): ReadTime {
  const clock = zoneClock(zone)
  let lastText: string | undefined
  let last: number | undefined
  function read(text: string): number | undefined {
    if (EPOCH.test(text)) return Number(text) * (text.length === 10 ? 1000 : 1)
    const match = ISO.exec(text)
    const local = match ? localOf(match) : undefined
    if (!match || local === undefined) return undefined
    const offset = match[8] === undefined ? undefined : offsetOf(match[8])
    if (offset === null) return undefined
    return offset === undefined ? clock.fromLocal(local) : local - offset
  }
  return (text) => {
    // Rows come in order of time, so that one time often stands in many of them.
    if (text !== lastText) {
      last = read(text.trim())
      lastText = text
    }
    return last
  }
}

/** The local time as if it were UTC; undefined for one that no calendar has. */
function localOf([
  ,
  year,
  month,
  day,
  hour = '0',
  minute = '0',
  second = '0',
  fraction = '',
]: RegExpExecArray): number | undefined {
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  if (!exists || Number(year) < 1 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return undefined
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'))
  return date.getTime() + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + ms
}

function offsetOf(text: string): number | null {
  if (text.toUpperCase() === 'Z') return 0
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(text) as RegExpExecArray
  if (Number(hours) > 23 || Number(minutes) > 59) return null
  return (Number(hours) * 60 + Number(minutes)) * MINUTE * (sign === '-' ? -1 : 1)
}
