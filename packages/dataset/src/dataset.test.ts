import { describe, expect, it } from 'vitest'
import { defineDataset } from './dataset.ts'
import { DefinitionError } from './error.ts'
import { counter, custom, min, sum, unique } from './field.ts'

const fields = { impressions: counter(), revenue: sum({ scale: 2 }) }
const mean = custom({
  empty: () => [0, 0],
  add: ([n, total], value: number) => [n! + 1, total! + value],
  merge: ([n, total], [m, more]) => [n! + m!, total! + more!],
  result: ([n, total]) => total! / n!,
  input: Number,
})
const many = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, value]))

/** What a definition from plain JavaScript is refused with. */
function refusal(name: unknown, definition: unknown): DefinitionError {
  try {
    defineDataset(name as string, definition as never)
  } catch (error) {
    if (error instanceof DefinitionError) return error
    throw error
  }
  throw new Error(`${JSON.stringify(definition)} was accepted`)
}

describe('a definition', () => {
  it('gets every default filled in', () => {
    expect(defineDataset('article', { fields })).toEqual({
      name: 'article',
      of: 'article',
      label: 'article',
      parent: 'text',
      fields: { impressions: { kind: 'counter' }, revenue: { kind: 'sum', scale: 2 } },
      dimensions: {},
      series: null,
      public: { write: [], decrement: [], read: [] },
      limits: { incrementPerEvent: 100 },
      display: ['impressions', 'revenue'],
      ranked: ['impressions', 'revenue'],
    })
  })

  it('keeps what it says', () => {
    const dataset = defineDataset('article', {
      of: 'page',
      label: 'Articles',
      parent: 'uuid',
      fields,
      dimensions: { country: { maxLength: 2 } },
      series: { grains: ['hour', 'day'], zone: 'Europe/Berlin', keep: { hour: '90d' } },
      public: { write: ['impressions'], decrement: ['impressions'], read: ['revenue'] },
      limits: { incrementPerEvent: 500 },
      display: ['revenue'],
      ranked: ['impressions'],
    })
    expect(dataset).toMatchObject({
      of: 'page',
      label: 'Articles',
      parent: 'uuid',
      dimensions: { country: { maxLength: 2, maxValues: 1000 } },
      series: { grains: ['hour', 'day'], zone: 'Europe/Berlin', keep: { hour: '90d' } },
      public: { write: ['impressions'], decrement: ['impressions'], read: ['revenue'] },
      limits: { incrementPerEvent: 500 },
      display: ['revenue'],
      ranked: ['impressions'],
    })
  })

  it('takes an option that is undefined for one that is not there', () => {
    const loose = {
      fields,
      of: undefined,
      parent: undefined,
      dimensions: { country: { maxLength: undefined, maxValues: undefined } },
      series: { grains: ['day'], zone: undefined, keep: undefined },
      public: { write: undefined },
      limits: { incrementPerEvent: undefined },
      display: undefined,
      ranked: undefined,
    }
    expect(defineDataset('article', loose as never)).toMatchObject({
      of: 'article',
      parent: 'text',
      dimensions: { country: { maxLength: 100, maxValues: 1000 } },
      series: { grains: ['day'], zone: 'UTC', keep: {} },
      public: { write: [] },
      limits: { incrementPerEvent: 100 },
      display: ['impressions', 'revenue'],
    })
  })

  it('is ranked by the first two fields that are displayed and have an order, or by those that it names', () => {
    const several = { mean, a: counter(), b: counter(), c: counter() }
    const ranked = (part: object) => defineDataset('article', { fields: several, ...part }).ranked
    expect(ranked({})).toEqual(['a', 'b'])
    expect(ranked({ display: ['mean', 'c'] })).toEqual(['c'])
    expect(ranked({ display: ['a'], ranked: ['c', 'a', 'b'] })).toEqual(['c', 'a', 'b'])
    expect(ranked({ ranked: [] })).toEqual([])
    expect(refusal('article', { fields: several, ranked: ['mean'] })).toMatchObject({
      path: 'ranked',
      reason: 'field "mean" is a custom, which has no order',
    })
  })

  it('cannot be changed afterwards, and does not change what it was made of', () => {
    const grains: ('hour' | 'day')[] = ['hour']
    const dataset = defineDataset('article', { fields, series: { grains } })
    grains.push('day')
    expect(dataset.series?.grains).toEqual(['hour'])
    expect(() => Object.assign(dataset.series ?? {}, { zone: 'UTC' })).toThrow(TypeError)
    expect(Object.isFrozen(fields)).toBe(false)
  })
})

describe('a wrong definition', () => {
  it.each([
    ['name', 'Article', { fields }, '"Article" is no name; a name is a small letter'],
    ['name', '', { fields }, '"" is no name'],
    ['name', `a${'b'.repeat(41)}`, { fields }, 'is no name'],
    ['name', 42, { fields }, '42 is no name'],
    ['name', `a${'B'.repeat(30)}`, { fields }, 'is 61 bytes long, and 58 are the most'],
    ['name', 'user', { fields }, 'table "user" is a word that Postgres reserves'],
    ['fields.order', 'article', { fields: { order: counter() } }, 'column "order" is a word that'],
    ['dimensions.from', 'article', { fields, dimensions: { from: {} } }, 'column "from" is a word that'],
    ['fields.ctid', 'article', { fields: { ctid: counter() } }, 'one that Postgres itself has'],
    ['', 'article', null, 'null; expected an object'],
    ['feilds', 'article', { feilds: fields }, 'no such option; did you mean "fields"?'],
    ['of', 'article', { fields, of: 'a b' }, '"a b" is no name'],
    ['label', 'article', { fields, label: 7 }, '7; expected text of at most 200 characters'],
    ['parent', 'article', { fields, parent: 'int' }, '"int"; expected one of text, uuid, bigint'],
    ['fields', 'article', {}, 'undefined; expected an object'],
    ['fields', 'article', { fields: {} }, '0 fields; expected 1 to 60'],
    ['fields', 'article', { fields: many(61, counter()) }, '61 fields; expected 1 to 60'],
    ['fields.a-b', 'article', { fields: { 'a-b': counter() } }, '"a-b" is no field name'],
    [
      'fields.hits',
      'article',
      { fields: { hits: 1 } },
      '1 is no field; expected one of counter(), sum(), min(), max(), last(), unique(), distribution(), custom()',
    ],
    ['fields.hits', 'article', { fields: { hits: counter } }, 'is no field; expected one of counter()'],
    ['fields.hits', 'article', { fields: { hits: null } }, 'null is no field'],
    ['fields.hits.scale', 'article', { fields: { hits: { kind: 'counter', scale: 1 } } }, 'no such option'],
    ['fields.paid.scale', 'article', { fields: { paid: { kind: 'sum' } } }, 'a whole number from 0 to 15'],
    ['fields.paid.scale', 'article', { fields: { paid: sum({ scale: 16 }) } }, '16; expected a whole number'],
    [
      'fields.paid.label',
      'article',
      { fields: { paid: sum({ scale: 1, label: 1 as never }) } },
      '1; expected',
    ],
    ['fields.parent', 'article', { fields: { parent: counter() } }, 'every table has already'],
    [
      'fields.updatedAt',
      'article',
      { fields: { updatedAt: counter() } },
      'its column "updated_at" is one that',
    ],
    ['fields.bucket', 'article', { fields: { bucket: counter() } }, 'choose another name'],
    [
      'fields.country',
      'article',
      { fields: { country: counter() }, dimensions: { country: {} } },
      'dimensions.country has already; choose another name',
    ],
    [
      `fields.a${'B'.repeat(40)}`,
      'article',
      { fields: { [`a${'B'.repeat(40)}`]: counter() } },
      'longer than 63',
    ],
    ['fields.low.scale', 'article', { fields: { low: { kind: 'min', scale: 1 } } }, 'no such option'],
    [
      'fields.seen.of',
      'article',
      { fields: { seen: unique({ of: 'all' as never }) } },
      '"all"; expected one of',
    ],
    [
      'fields.mean.empty',
      'article',
      { fields: { mean: { kind: 'custom' } } },
      'undefined; expected a function',
    ],
    [
      'fields.mean.json.decode',
      'article',
      { fields: { mean: { ...mean, json: { encode: String } } } },
      'a function',
    ],
    [
      'fields.seenCount',
      'article',
      { fields: { seen: unique(), seenCount: counter() } },
      'its column "seen_count" is one that fields.seen has already',
    ],
    [
      'public.decrement',
      'article',
      { fields: { low: min() }, public: { write: ['low'], decrement: ['low'] } },
      'a min',
    ],
    ['dimensions', 'article', { fields, dimensions: many(9, {}) }, '9 dimensions; expected at most 8'],
    ['dimensions.Country', 'article', { fields, dimensions: { Country: {} } }, 'is no dimension name'],
    ['dimensions.country', 'article', { fields, dimensions: { country: 2 } }, '2; expected an object'],
    ['dimensions.country.max', 'article', { fields, dimensions: { country: { max: 2 } } }, 'no such option'],
    [
      'dimensions.country.maxLength',
      'article',
      { fields, dimensions: { country: { maxLength: 201 } } },
      '201; expected a whole number from 1 to 200',
    ],
    ['dimensions.country.maxValues', 'article', { fields, dimensions: { country: { maxValues: 0 } } }, '0;'],
    ['series.grains', 'article', { fields, series: {} }, 'undefined; expected a list of minute, hour'],
    ['series.grains', 'article', { fields, series: { grains: [] } }, '[]; expected a list'],
    ['series.grains', 'article', { fields, series: { grains: ['days'] } }, '"days"; expected one of minute'],
    ['series.grains', 'article', { fields, series: { grains: ['day', 'day'] } }, 'a grain is there twice'],
    ['series.zone', 'article', { fields, series: { grains: ['day'], zone: 'Berlin' } }, 'is no time zone'],
    ['series.keep', 'article', { fields, series: { grains: ['day'], keep: { hour: '1d' } } }, 'one of day'],
    [
      'series.keep.day',
      'article',
      { fields, series: { grains: ['day'], keep: { day: '1y' } } },
      'no duration',
    ],
    [
      'series.keep.day',
      'article',
      { fields, series: { grains: ['day'], keep: { day: '0d' } } },
      'no duration',
    ],
    [
      'public.write',
      'article',
      { fields, public: { write: 'all' } },
      '"all"; expected a list of field names',
    ],
    ['public.erase', 'article', { fields, public: { erase: [] } }, 'no such option'],
    [
      'public.decrement',
      'article',
      { fields, public: { decrement: ['revenue'] } },
      'must be in public.write',
    ],
    [
      'limits.incrementPerEvent',
      'article',
      { fields, limits: { incrementPerEvent: 99 } },
      '99; expected a whole',
    ],
  ])('is refused at %s (%#)', (path, name, definition, reason) => {
    const error = refusal(name, definition)
    expect(error).toMatchObject({ code: 'invalid_definition', dataset: String(name), path })
    expect(error.reason).toContain(reason)
    expect(error.message).toBe(
      `dataset ${JSON.stringify(String(name))}${path && `, ${path}`}: ${error.reason}`.replace(
        'dataset "", ',
        '',
      ),
    )
  })

  it.each([
    [
      'public.write',
      { public: { write: ['impresions'] } },
      'no field "impresions"; did you mean "impressions"?',
    ],
    ['public.read', { public: { read: [7] } }, 'no field 7; allowed: impressions, revenue'],
    ['display', { display: ['clicks'] }, 'no field "clicks"; allowed: impressions, revenue'],
    ['ranked', { ranked: ['clicks'] }, 'no field "clicks"; allowed: impressions, revenue'],
  ])('names the nearest field where %s has an unknown one', (path, part, reason) => {
    expect(refusal('article', { fields, ...part })).toMatchObject({ code: 'unknown_field', path, reason })
  })
})
