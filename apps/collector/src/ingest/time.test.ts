import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTime } from './time.ts'

test('every time that a Date can write is read as it was, with any offset and precision', () => {
  const dates = fc.date({
    min: new Date('0001-01-02T00:00:00Z'),
    max: new Date('9999-12-30T00:00:00Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(dates, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offset) => {
      expect(parseTime(date.toISOString())).toBe(date.getTime())
      const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1)
      const minutes = Math.abs(offset)
      const pad = (n: number) => String(n).padStart(2, '0')
      const sign = offset < 0 ? '-' : '+'
      expect(parseTime(`${local}${sign}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`)).toBe(
        date.getTime(),
      )
    }),
  )
})

test.each([
  '2026-02-29T00:00:00.000Z',
  '1900-02-29T00:00:00.000Z',
  '2026-04-31T00:00:00.000Z',
  '2026-13-01T00:00:00.000Z',
  '2026-00-01T00:00:00.000Z',
  '2026-01-00T00:00:00.000Z',
  '2026-01-01T25:00:00.000Z',
  '2026-01-01T00:60:00.000Z',
  '2026-01-01T00:00:0a.000Z',
  '2026-01-01T00:00:00.0 0Z',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '20260101T000000Z',
  '1700000000',
  '',
])('%s is no time', (text) => {
  expect(parseTime(text)).toBeUndefined()
})

test('leap days and the end of a day are times', () => {
  expect(parseTime('2000-02-29T23:59:59.999Z')).toBe(Date.UTC(2000, 1, 29, 23, 59, 59, 999))
  expect(parseTime('2024-02-29T12:00Z')).toBe(Date.UTC(2024, 1, 29, 12))
})
