import { counter, custom, defineDataset, distribution, last, min, sum, unique } from '@trackable/dataset'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEventReader, type Sender } from './events.ts'

const article = defineDataset('article', {
  fields: { impressions: counter(), likes: counter(), sales: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: { maxLength: 2 } },
  public: { write: ['impressions', 'likes', 'revenue'], decrement: ['likes'] },
})
const member = defineDataset('member', { parent: 'uuid', fields: { logins: counter() } })
const parcel = defineDataset('parcel', {
  parent: 'bigint',
  fields: { views: counter() },
  public: { write: ['views'] },
})

const ARRIVAL = Date.parse('2026-11-24T10:00:00Z')
const DAY = 86_400_000
const page: Sender = {
  secret: false,
  datasets: [],
  arrival: ARRIVAL,
  shift: 0,
  oldest: ARRIVAL - 7 * DAY,
  private: false,
}
const server: Sender = { ...page, secret: true }
const read = createEventReader([article, member, parcel], (value) => `<${value}>`)
const good = { dataset: 'article', parent: '42', at: '2026-11-24T09:59:59.500Z', fields: { impressions: 1 } }

/** The code with which an event is rejected, or `ok`. */
function codeOf(change: object, sender = page): string {
  const result = read({ ...good, ...change }, sender)
  return 'code' in result ? result.code : 'ok'
}

describe('an event', () => {
  test('is kept with indexes instead of names', () => {
    const event = { ...good, fields: { revenue: '12.5', impressions: 2 }, dimensions: { country: 'DE' } }
    expect(read(event, page)).toEqual([0, '42', ARRIVAL - 500, [3, 1250, 0, 2], ['DE']])
  })

  test.each([
    ['unknown_dataset', { dataset: 'artcle' }],
    ['unknown_dataset', { dataset: 5 }],
    ['unknown_dataset', { dataset: '__proto__' }],
    ['unknown_field', { fields: { impresions: 1 } }],
    ['unknown_field', { fields: { constructor: 1 } }],
    ['unknown_field', { fields: JSON.parse('{"__proto__":1}') }],
    ['unknown_dimension', { dimensions: { city: 'X' } }],
    ['invalid_parent', { parent: '' }],
    ['invalid_parent', { parent: null }],
    ['invalid_parent', { parent: 'x'.repeat(201) }],
    ['invalid_parent', { parent: 'a\u0000b' }],
    ['invalid_parent', { parent: 'a\ud800' }],
    ['invalid_value', { fields: {} }],
    ['invalid_value', { fields: [] }],
    ['invalid_value', { fields: null }],
    ['invalid_value', { fields: { impressions: 1.5 } }],
    ['invalid_value', { fields: { impressions: 'many' } }],
    ['invalid_value', { fields: { impressions: Number.POSITIVE_INFINITY } }],
    ['invalid_value', { fields: { impressions: true } }],
    ['invalid_value', { fields: { impressions: '9223372036854775808' } }],
    ['invalid_value', { fields: { revenue: 1.005 } }],
    ['invalid_value', { fields: { revenue: '1e3' } }],
    ['invalid_value', { dimensions: { country: 'DEU' } }],
    ['invalid_value', { dimensions: { country: 1 } }],
    ['invalid_value', { dimensions: [] }],
    ['invalid_time', { at: 'yesterday' }],
    ['invalid_time', { at: 1_700_000_000 }],
    ['invalid_time', { at: '2026-02-30T00:00:00Z' }],
    ['invalid_time', { at: '2026-11-24T10:00:00' }],
    ['too_old', { at: '2026-11-16T10:00:00Z' }],
    ['not_public', { fields: { sales: 1 } }],
    ['not_public', { fields: { impressions: -1 } }],
    ['not_public', { userAgent: 'x' }],
    ['over_limit', { fields: { impressions: 101 } }],
    ['over_limit', { fields: { likes: -101 } }],
    ['over_limit', { fields: { revenue: 100.01 } }],
  ])('is rejected with %s: %j', (code, change) => {
    expect(codeOf(change)).toBe(code)
  })

  test.each([
    { parent: 42 },
    { parent: 'x'.repeat(200) },
    { parent: '😀'.repeat(200) },
    { fields: { likes: -100 } },
    { fields: { impressions: -0 } },
    { fields: { revenue: '99.990' } },
    { dimensions: { country: '(other)' } },
    { dimensions: {} },
    { at: '2026-11-24T11:00:00+02:00' },
    { at: undefined },
  ])('is accepted: %j', (change) => {
    expect(codeOf(change)).toBe('ok')
  })

  test('of a secret key may do all that, go back without limit, and pass on whose it is', () => {
    expect(codeOf({ fields: { sales: 5000 } }, server)).toBe('ok')
    expect(codeOf({ at: '1970-01-01T00:00:00Z' }, server)).toBe('ok')
    expect(codeOf({ userAgent: 'x', address: '203.0.113.7' }, server)).toBe('ok')
  })

  test('of a key with datasets is taken for those alone', () => {
    expect(codeOf({}, { ...page, datasets: ['parcel'] })).toBe('not_public')
    expect(
      codeOf({ dataset: 'parcel', parent: 1, fields: { views: 1 } }, { ...page, datasets: ['parcel'] }),
    ).toBe('ok')
  })

  test('of a public key is moved by its clock error, and never past arrival', () => {
    const behind = read({ ...good, at: '2026-11-24T09:00:00Z' }, { ...page, shift: 3_000_000 })
    expect(behind).toMatchObject({ 2: Date.parse('2026-11-24T09:50:00Z') })
    expect(read({ ...good, at: '2027-01-01T00:00:00Z' }, page)).toMatchObject({ 2: ARRIVAL })
    expect(read({ ...good, at: '2027-01-01T00:00:00Z' }, server)).toMatchObject({
      2: Date.parse('2027-01-01'),
    })
  })

  test('names the nearest that is declared', () => {
    expect(read({ ...good, fields: { impresions: 1 } }, page)).toMatchObject({
      message: 'no field "impresions" in dataset "article"; did you mean "impressions"?',
    })
  })

  test('has one form of each parent', () => {
    const id = '01936F2E-0000-7000-8000-0000000000AB'
    expect(read({ dataset: 'member', parent: id, fields: { logins: 1 } }, server)).toMatchObject({
      1: id.toLowerCase(),
    })
    expect(read({ dataset: 'parcel', parent: '-007', fields: { views: 1 } }, page)).toMatchObject({ 1: '-7' })
    for (const parent of ['9223372036854775808', '1.5', 'x', '', 1e300]) {
      expect(read({ dataset: 'parcel', parent, fields: { views: 1 } }, page)).toMatchObject({
        code: 'invalid_parent',
      })
    }
  })

  test('that is anything at all is accepted or rejected, and never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), fc.boolean(), (value, secret) => {
        for (const event of [
          value,
          { ...good, parent: value },
          { ...good, fields: value },
          { ...good, dimensions: value },
        ]) {
          expect(read(event, { ...page, secret })).toBeTypeOf('object')
        }
      }),
    )
  })
})

describe('an input of each kind', () => {
  const every = defineDataset('every', {
    fields: {
      low: min(),
      price: last(),
      who: unique(),
      visitors: unique({ of: 'visitor' }),
      took: distribution(),
      words: custom({
        empty: () => 0,
        add: (state, word: string) => state + word.length,
        merge: (a, b) => a + b,
        result: (state) => state,
        input: (value) => (typeof value === 'string' ? value.trim() : undefined),
      }),
      pair: custom({
        empty: () => 0,
        add: (state, [a, b]: [number, number]) => state + a * b,
        merge: (a, b) => a + b,
        result: (state) => state,
        input: (value) => value as [number, number],
      }),
    },
    public: { write: ['low', 'price', 'who', 'took', 'words', 'visitors', 'pair'] },
  })
  const readEvery = createEventReader([every], (value) => `<${value}>`)
  const eventOf = (fields: object) => ({ dataset: 'every', parent: 'a', at: good.at, fields })
  const inputs = (fields: object, sender = page) => {
    const result = readEvery(eventOf(fields), sender)
    return 'code' in result ? result : result[3]
  }

  test('is kept as it is, and of a unique only what it hashes to', () => {
    expect(inputs({ low: -0, price: 1e300, who: ['x', 'y'], took: -5, words: ' a ' })).toEqual([
      0,
      0,
      1,
      1e300,
      2,
      '<x><y>',
      4,
      -5,
      5,
      'a',
    ])
  })

  test('that is none says what would be', () => {
    expect(inputs({ low: '1' })).toMatchObject({
      code: 'invalid_value',
      message: expect.stringContaining('a finite number'),
    })
    expect(inputs({ who: 'x' })).toMatchObject({
      code: 'invalid_value',
      message: expect.stringContaining('an array of at most 100 texts'),
    })
    expect(inputs({ visitors: ['x'] })).toMatchObject({
      code: 'invalid_value',
      message: expect.stringContaining('counts visitors itself'),
    })
    expect(inputs({ words: 5 })).toMatchObject({ code: 'invalid_value' })
  })

  test('below zero or large subtracts nothing, where the kind cannot be subtracted', () => {
    expect(inputs({ low: -1e9, took: -1e9, price: 1e9 })).toHaveLength(6)
  })

  test('of a unique is left out under GPC or DNT, and the rest of the event counts', () => {
    const hidden = { ...page, private: true }
    expect(inputs({ who: ['x'], took: 1 }, hidden)).toEqual([4, 1])
    expect(inputs({ who: ['x'], pair: [2, 3] }, hidden)).toEqual([6, [2, 3]])
    expect(inputs({ who: ['x'] }, hidden)).toEqual([])
    expect(inputs({ who: 'x' }, hidden)).toMatchObject({ code: 'invalid_value' })
    expect(inputs({}, hidden)).toMatchObject({ code: 'invalid_value' })
  })
})
