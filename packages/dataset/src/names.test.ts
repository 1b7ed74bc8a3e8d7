import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineDataset } from './dataset.ts'
import { counter, custom, distribution, type Field, last, unique } from './field.ts'
import { fieldColumns, layoutOf } from './layout.ts'
import { columnOf, tableNames, tableOf } from './names.ts'

const name = fc.stringMatching(/^[a-z][A-Za-z0-9]{0,40}$/)

describe('a column', () => {
  it('is its name in snake_case', () => {
    expect(columnOf('impressions')).toBe('impressions')
    expect(columnOf('clickThroughs')).toBe('click_throughs')
    expect(columnOf('httpURL2')).toBe('http_u_r_l2')
  })

  it('belongs to one name only', () => {
    fc.assert(fc.property(name, name, (a, b) => (columnOf(a) === columnOf(b)) === (a === b)))
  })
})

describe('a field', () => {
  it('has its own column first, then those that its kind keeps beside it', () => {
    const sums = custom({
      empty: () => 0,
      add: (sum) => sum,
      merge: (a) => a,
      result: (sum) => sum,
      input: (value) => value,
    })
    const columns = (name: string, field: Field) => fieldColumns(name, field).map((column) => column.name)
    expect(columns('hits', counter())).toEqual(['hits'])
    expect(columns('lastPrice', last())).toEqual(['last_price', 'last_price_at'])
    expect(columns('readers', unique())).toEqual(['readers', 'readers_count'])
    expect(columns('wait', distribution()).slice(-2)).toEqual(['wait_p90', 'wait_p99'])
    expect(columns('sums', sums)).toEqual(['sums', 'sums_result'])
  })
})

describe('a table', () => {
  it('is named after its dataset and what its rows are about', () => {
    expect(tableOf('articleShares', 'totals')).toBe('article_shares')
    expect(tableOf('article', 'dimensions')).toBe('article_by_dimensions')
    expect(tableOf('article', 'week')).toBe('article_by_week')
  })

  it('is one of the names that its dataset holds', () => {
    const dataset = defineDataset('article', {
      fields: { hits: counter(), clickThroughs: counter() },
      dimensions: { utmSource: {} },
      series: { grains: ['hour', 'day'] },
    })
    const layout = layoutOf(dataset)
    expect(layout.map((table) => table.kind)).toEqual(['totals', 'dimensions', 'hour', 'day'])
    for (const table of layout) expect(tableNames('article')).toContain(table.name)
    expect(layout.map(({ bucket, dimensions }) => [bucket, dimensions])).toEqual([
      [false, []],
      [false, ['utmSource']],
      [true, ['utmSource']],
      [true, ['utmSource']],
    ])
    expect(layout[0]?.fields.map((field) => field.column)).toEqual(['hits', 'click_throughs'])
  })
})
