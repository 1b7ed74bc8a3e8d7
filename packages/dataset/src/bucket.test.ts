import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { zoneClock } from './bucket.ts'
import { GRAINS } from './names.ts'

const QUARTER = 900_000
const utc = (text: string) => Date.parse(text)

const ZONES = [
  ['UTC', '2023-01-01', '2025-01-01'],
  ['America/New_York', '2023-01-01', '2025-01-01'],
  ['Europe/Berlin', '2023-01-01', '2025-01-01'],
  ['Asia/Kathmandu', '1985-01-01', '1987-01-01'],
  ['Australia/Lord_Howe', '2023-01-01', '2025-01-01'],
  ['Africa/Cairo', '2023-01-01', '2025-01-01'],
  ['Pacific/Apia', '2011-01-01', '2013-01-01'],
  ['America/St_Johns', '2009-01-01', '2012-01-01'],
  ['Antarctica/Casey', '2020-01-01', '2021-01-01'],
] as const

const STEP = { day: { days: 1 }, week: { weeks: 1 }, month: { months: 1 }, year: { years: 1 } } as const
type DateGrain = keyof typeof STEP

/** Where the calendar buckets of a span begin, by an implementation that is not ours. */
function startsOf(zone: string, grain: DateGrain, from: string, to: string): number[] {
  const early = Temporal.PlainDate.from(from).subtract({ years: 1 }).with({ month: 1, day: 1 })
  const first = grain === 'week' ? early.subtract({ days: early.dayOfWeek - 1 }) : early
  const starts: number[] = []
  for (let n = 0; (starts.at(-1) ?? 0) < utc(to); n++) {
    const { days = 0, weeks = 0, months = 0, years = 0 } = STEP[grain] as Record<string, number>
    const date = first.add({ days: days * n, weeks: weeks * n, months: months * n, years: years * n })
    starts.push(date.toZonedDateTime(zone).epochMilliseconds)
  }
  return starts
}

describe.each(ZONES)('every quarter of an hour in %s from %s to %s', (zone, from, to) => {
  it.each(GRAINS)('lies in its %s, and those tile time without gap or overlap', (grain) => {
    const clock = zoneClock(zone)
    let start = clock.bucketOf(utc(from), grain)
    let next = clock.nextBucket(start, grain)
    const wrong: string[] = []
    for (let at = utc(from); at < utc(to); at += QUARTER) {
      while (at >= next) {
        start = next
        next = clock.nextBucket(start, grain)
        if (next <= start) throw new Error(`nextBucket(${start}) in ${zone} is ${next}, which is not later`)
      }
      if (clock.bucketOf(at, grain) !== start) wrong.push(clock.iso(at))
    }
    expect(wrong).toEqual([])
  })

  it.each(['day', 'week', 'month', 'year'] as const)('lies in the %s that Temporal gives', (grain) => {
    const clock = zoneClock(zone)
    const starts = startsOf(zone, grain, from, to)
    const wrong: string[] = []
    let index = 0
    for (let at = utc(from); at < utc(to); at += QUARTER) {
      while ((starts[index + 1] ?? Infinity) <= at) index++
      if (clock.bucketOf(at, grain) !== starts[index]) wrong.push(clock.iso(at))
    }
    expect(wrong).toEqual([])
  })
})

describe('an hour', () => {
  const hoursOf = (zone: string, from: string, count: number) => {
    const clock = zoneClock(zone)
    const hours = [clock.bucketOf(utc(from), 'hour')]
    while (hours.length < count) hours.push(clock.nextBucket(hours.at(-1) as number, 'hour'))
    return hours.map((hour) => clock.iso(hour).replace(':00.000', ''))
  }

  it('that the clocks show twice is two buckets', () => {
    expect(hoursOf('America/New_York', '2024-11-03T04:00Z', 4)).toEqual([
      '2024-11-03T00:00-04:00',
      '2024-11-03T01:00-04:00',
      '2024-11-03T01:00-05:00',
      '2024-11-03T02:00-05:00',
    ])
  })

  it('that the clocks skip is no bucket', () => {
    expect(hoursOf('Europe/Berlin', '2024-03-31T00:00Z', 2)).toEqual([
      '2024-03-31T01:00+01:00',
      '2024-03-31T03:00+02:00',
    ])
  })

  it('is 90 minutes long where a zone goes back by half an hour, and 30 where it goes forward', () => {
    expect(hoursOf('Australia/Lord_Howe', '2024-04-06T14:30Z', 2)).toEqual([
      '2024-04-07T01:00+11:00',
      '2024-04-07T02:00+10:30',
    ])
    expect(hoursOf('Australia/Lord_Howe', '2024-10-05T15:00Z', 3)).toEqual([
      '2024-10-06T01:00+10:30',
      '2024-10-06T02:30+11:00',
      '2024-10-06T03:00+11:00',
    ])
  })
})

describe('a local time', () => {
  it.each(ZONES)(
    'in %s becomes the instant that Temporal gives, skipped and repeated ones too',
    (zone, from) => {
      const clock = zoneClock(zone)
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 366 * 96 }),
          fc.integer({ min: 0, max: 59 }),
          (quarters, second) => {
            const local = utc(from) + quarters * QUARTER + second * 1000
            const plain = Temporal.PlainDateTime.from(new Date(local).toISOString().slice(0, -1))
            expect(clock.fromLocal(local)).toBe(plain.toZonedDateTime(zone).epochMilliseconds)
          },
        ),
        { numRuns: 2000 },
      )
    },
  )

  it('is written with the offset of its zone', () => {
    expect(zoneClock('Asia/Kathmandu').iso(utc('2024-01-01T00:00Z'))).toBe('2024-01-01T05:45:00.000+05:45')
    expect(zoneClock('America/St_Johns').iso(utc('2024-01-01T00:00Z'))).toBe('2023-12-31T20:30:00.000-03:30')
    expect(zoneClock('UTC').iso(utc('2024-01-01T00:00Z'))).toBe('2024-01-01T00:00:00.000+00:00')
  })

  it('keeps the offset of the very minute in which a zone changes', () => {
    const clock = zoneClock('America/St_Johns')
    expect(clock.iso(utc('2009-03-08T03:30:59Z'))).toBe('2009-03-08T00:00:59.000-03:30')
    expect(clock.iso(utc('2009-03-08T03:31:00Z'))).toBe('2009-03-08T01:01:00.000-02:30')
  })
})
