import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createReadTime } from './time.ts'

const read = (text: string, zone = 'UTC') => {
  const at = createReadTime(zone)(text)
  return at === undefined ? undefined : new Date(at).toISOString()
}

describe('a time', () => {
  it.each([
    ['2011-01-31T16:59:00Z', '2011-01-31T16:59:00.000Z'],
    ['2011-01-31t16:59:00.1234z', '2011-01-31T16:59:00.123Z'],
    ['2011-01-31 16:59:00+01:30', '2011-01-31T15:29:00.000Z'],
    ['2011-01-31 16:59:00 -0800', '2011-02-01T00:59:00.000Z'],
    ['2011-01-31 16:59+01', '2011-01-31T15:59:00.000Z'],
    ['2011-01-31', '2011-01-31T00:00:00.000Z'],
    [' 2012-02-29 08:05 ', '2012-02-29T08:05:00.000Z'],
    ['2012-02-29 08:05:01,5', '2012-02-29T08:05:01.500Z'],
    ['1291192000', '2010-12-01T08:26:40.000Z'],
    ['1291192000123', '2010-12-01T08:26:40.123Z'],
    ['0001-01-01', '0001-01-01T00:00:00.000Z'],
  ])('%o is read', (text, iso) => {
    expect(read(text)).toBe(iso)
  })

  it.each([
    '',
    'yesterday',
    '2011-02-29',
    '2011-13-01',
    '2011-00-10',
    '0000-01-01',
    '2011-01-31 24:00',
    '2011-01-31 12:60',
    '2011-01-31 12:00:60',
    '2011-01-31T12:00+25:00',
    '2011-01-31Z',
    '31/01/2011',
    '12911920001',
    '2011-1-3',
  ])('%o is none', (text) => {
    expect(read(text)).toBeUndefined()
  })
})

describe('a time without an offset', () => {
  it.each([
    ['Europe/London', '2011-01-15 12:00', '2011-01-15T12:00:00.000Z'],
    ['Europe/London', '2011-07-15 12:00', '2011-07-15T11:00:00.000Z'],
    // The clocks of London skip 01:00 to 02:00 on 27 March 2011 and show it twice on 30 October.
    ['Europe/London', '2011-03-27 00:59:59', '2011-03-27T00:59:59.000Z'],
    ['Europe/London', '2011-03-27 01:30', '2011-03-27T01:30:00.000Z'],
    ['Europe/London', '2011-03-27 02:00', '2011-03-27T01:00:00.000Z'],
    ['Europe/London', '2011-10-30 01:30', '2011-10-30T00:30:00.000Z'],
    ['Europe/London', '2011-10-30 02:00', '2011-10-30T02:00:00.000Z'],
    ['Europe/London', '2011-07-15', '2011-07-14T23:00:00.000Z'],
    ['Asia/Kolkata', '2011-07-15 12:00', '2011-07-15T06:30:00.000Z'],
    // There is no midnight on this day: the day begins at 01:00.
    ['America/Sao_Paulo', '2012-10-21', '2012-10-21T03:00:00.000Z'],
  ])('is of the zone %s: %s', (zone, text, iso) => {
    expect(read(text, zone)).toBe(iso)
  })

  it('that has one is of no zone', () => {
    expect(read('2011-07-15T12:00Z', 'Europe/London')).toBe('2011-07-15T12:00:00.000Z')
    expect(read('1291192000', 'Europe/London')).toBe('2010-12-01T08:26:40.000Z')
  })

  it('gives back every instant whose local time the clocks show once', () => {
    const at = fc.integer({ min: Date.UTC(2000, 0) / 1000, max: Date.UTC(2030, 0) / 1000 })
    const local = new Intl.DateTimeFormat('sv', {
      timeZone: 'Europe/London',
      dateStyle: 'short',
      timeStyle: 'medium',
    })
    fc.assert(
      fc.property(at, (seconds) => {
        const text = local.format(seconds * 1000)
        fc.pre(
          text !== local.format(seconds * 1000 - 3_600_000) &&
            text !== local.format(seconds * 1000 + 3_600_000),
        )
        expect(createReadTime('Europe/London')(text)).toBe(seconds * 1000)
      }),
    )
  })
})
