import { describe, expect, test } from 'vitest'
import { createReport, type ReportStream } from './report.ts'
import type { LogLevel } from './settings.ts'

function lines(level: LogLevel, isTTY: boolean) {
  const written: string[] = []
  const stream: ReportStream = { write: (text) => written.push(text), isTTY }
  return { report: createReport(level, stream), written }
}

describe('what is reported', () => {
  test('is one object a line where nobody looks on, with time, level, message and request', () => {
    const { report, written } = lines('info', false)
    report('warn', 'two\nlines', { requestId: 'r-1', route: 'GET /readyz', status: 503, code: 'unavailable' })
    expect(written).toHaveLength(1)
    expect(written[0]).toMatch(/^[^\n]*\n$/)
    expect(JSON.parse(written[0]!)).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      message: 'two\nlines',
      requestId: 'r-1',
      route: 'GET /readyz',
      status: 503,
      code: 'unavailable',
    })
  })

  test('is a sentence on a terminal', () => {
    const { report, written } = lines('info', true)
    report('error', 'the log is full', { requestId: 'r-2' })
    expect(written[0]).toMatch(/^[\dT:.Z-]+ error the log is full \(request r-2\)\n$/)
  })

  test.each([true, false])('is no more than was asked for (terminal: %s)', (isTTY) => {
    const said = (level: LogLevel) => {
      const { report, written } = lines(level, isTTY)
      for (const of of ['error', 'warn', 'info', 'debug'] as const) report(of, of)
      return written.length
    }
    expect((['silent', 'error', 'warn', 'info', 'debug'] as const).map(said)).toEqual([0, 1, 2, 3, 4])
  })

  test.each([true, false])('tells no key and no password (terminal: %s)', (isTTY) => {
    const { report, written } = lines('info', isTTY)
    report('error', 'no sk_abc-DEF_123 and no pk_xyz at postgres://me:s3cr:t@db:5432/x, nor ftp://a:b@c')
    expect(written[0]).toContain(
      'no (key) and no (key) at postgres://(password)@db:5432/x, nor ftp://(password)@c',
    )
    expect(written[0]).not.toMatch(/abc-DEF|xyz|s3cr/)
  })
})
