import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFrequent } from './frequent.ts'
import { createProgress, lineOf } from './progress.ts'
import { changeLines, summaryOf } from './summary.ts'
import { createTally } from './tally.ts'

describe('the most frequent names', () => {
  it('are exact while all of them fit', () => {
    const frequent = createFrequent(3)
    for (const name of ['b', 'a', 'b', 'c', 'c', 'c']) frequent.add(name)
    expect(frequent.top(2)).toEqual({
      names: [
        ['c', 3],
        ['b', 2],
      ],
      exact: true,
    })
  })

  it('are found among too many names to keep, where one name is frequent enough', () => {
    const names = fc.array(fc.nat(1000), { minLength: 50, maxLength: 400 })
    fc.assert(
      fc.property(names, (rare) => {
        const frequent = createFrequent(20)
        for (const name of rare) for (const each of ['often', `rare ${name}`]) frequent.add(each)
        const [first] = frequent.top(1).names
        expect(first?.[0]).toBe('often')
        expect(frequent.top(1000).names.length).toBeLessThanOrEqual(20)
      }),
    )
  })

  it('keep no text in memory that they are a part of', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const frequent = createFrequent()
    const used = () => {
      collect()
      return process.memoryUsage().heapUsed
    }
    const before = used()
    for (let i = 0; i < 1000; i++) {
      const chunk = `/a/path/as/long/as/most/${i} ${'x'.repeat(200_000)}`
      // A search makes the chunk one text, of which cells are parts.
      frequent.add(chunk.slice(0, chunk.indexOf(' ')))
    }
    expect(used() - before).toBeLessThan(20_000_000)
    expect(frequent.top(1).names).toHaveLength(1)
  })
})

describe('progress', () => {
  it('has percent, rate and time left, where the size is known', () => {
    expect(lineOf(25, 100, 50_000, 10_000)).toBe('25 % · 50,000 rows · 5,000 a second · 00:30 left')
    expect(lineOf(1, 100, 1, 100_000)).toBe('1 % · 1 rows · 0 a second · 2:45:00 left')
    expect(lineOf(25, undefined, 7, 0)).toBe('7 rows · 0 a second')
  })

  it('is not shown where nobody watches', () => {
    const written: string[] = []
    const progress = createProgress({ write: (text) => written.push(text) }, 1)
    progress.rows(1)
    progress.stop()
    expect(written).toEqual([])
  })
})

describe('a summary', () => {
  it('says what was read, what became of it, and why rows were rejected', () => {
    const tally = createTally()
    Object.assign(tally, {
      read: 1234,
      leftOut: { '--where': 4, '--path-to-parent': 2000 },
      events: 1200,
      duplicates: 200,
      rejected: 30,
      first: 0,
      last: 1000,
    })
    tally.reasons.set('invalid_time', {
      count: 30,
      example: 'line 7: column "when" is "soon", which is no time',
    })
    tally.parents.add('a')
    expect(summaryOf(tally, ['in.csv.rejects.ndjson'])).toEqual([
      '1,234 rows read, 4 left out by --where, 2,000 left out by --path-to-parent',
      '1,200 events, of which the collector had 200 before',
      '30 rejected, kept in in.csv.rejects.ndjson',
      '  30 invalid_time, such as line 7: column "when" is "soon", which is no time',
      'from 1970-01-01T00:00:00.000Z to 1970-01-01T00:00:01.000Z',
      'parents with most events:',
      '  1 a',
    ])
  })

  it('says so where nothing would change', () => {
    expect(changeLines({})).toEqual(['nothing would change'])
    expect(changeLines({ order: {} }, ['readers'])).toEqual([expect.stringMatching(/^readers gets values/)])
    expect(changeLines({ order: { units: '2', revenue: '1.50' } })).toEqual([
      'order units 2',
      'order revenue 1.50',
    ])
  })
})
