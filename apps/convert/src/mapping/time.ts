import { zoneClock } from '@trackable/dataset/fold'

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i
const DATE = /^(\d{4})(\d\d)(\d\d)$/
// What Apache and nginx write: 10/Oct/2000:13:55:36 -0700
const LOG = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?: ([+-]\d{4}))?$/
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const EPOCH = /^(?:\d{10}(?:\.\d{1,9})?|\d{13})$/
const MINUTE = 60_000

/** Reads a time from text, in milliseconds since 1970; undefined where it is none. */
export type ReadTime = (text: string) => number | undefined

/**
 * Reads ISO 8601 with an offset or Z; without one, and dates alone (their first instant), in that IANA zone; ten
 * digits as seconds since 1970, with a fraction or without, thirteen as milliseconds; eight digits as a date; and the
 * times of web servers' logs, 10/Oct/2000:13:55:36 -0700. A local time that the clocks show twice is the earlier.
 */
export function createReadTime(zone: string): ReadTime {
  const clock = zoneClock(zone)
  let lastText: string | undefined
  let last: number | undefined
  function read(text: string): number | undefined {
    if (EPOCH.test(text))
      return text.length === 13 && !text.includes('.') ? Number(text) : Math.floor(Number(text) * 1000)
    const match = ISO.exec(text) ?? DATE.exec(text) ?? logTimeOf(text)
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

/** A time of a web server's log, in the order of the parts of ISO 8601. */
function logTimeOf(text: string): RegExpExecArray | undefined {
  const match = LOG.exec(text)
  if (!match) return undefined
  const [whole, day, month, year, hour, minute, second, fraction, offset] = match
  const number = String(MONTHS.indexOf(month as string) + 1)
  return [whole, year, number, day, hour, minute, second, fraction, offset] as unknown as RegExpExecArray
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
