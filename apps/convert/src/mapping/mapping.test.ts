import { describe, expect, it } from 'vitest'
import { parseArithmetic, parseCondition } from '../expression/parse.ts'
import { columnsOfMapping, compileMapping, type Mapping } from './mapping.ts'

const mapping: Mapping = {
  dataset: 'order',
  parent: 'sku',
  at: 'when',
  fields: [
    { name: 'orders', value: parseArithmetic('1') },
    { name: 'revenue', value: parseArithmetic('n*price') },
  ],
  dimensions: [{ name: 'country', column: 'land' }],
  where: parseCondition("state != 'test'"),
  zone: 'Europe/London',
}
const row = { sku: 'a', when: '2011-07-15 12:00', n: '3', price: '0.50', land: 'UK', state: '' }
const map = (changes: Record<string, string | undefined> = {}, by: Mapping = mapping) => {
  const cells: Record<string, string | undefined> = { ...row, ...changes }
  return compileMapping(by)({ line: 2, text: '', cells: columnsOfMapping(by).map((name) => cells[name]) })
}

describe('a row', () => {
  it('becomes an event of the wire', () => {
    const mapped = map()
    expect(mapped.kind === 'event' && JSON.parse(mapped.event.json)).toEqual({
      dataset: 'order',
      parent: 'a',
      at: '2011-07-15T11:00:00.000Z',
      fields: { orders: 1, revenue: '1.5' },
      dimensions: { country: 'UK' },
    })
  })

  it('leaves a dimension without a value out', () => {
    const mapped = map({ land: '' })
    expect(mapped.kind === 'event' && JSON.parse(mapped.event.json)).not.toHaveProperty('dimensions')
  })

  it('is left out where the condition does not hold, whatever else is wrong with it', () => {
    expect(map({ state: 'test', n: 'x' })).toEqual({ kind: 'left out', by: '--where' })
  })

  it('is left out where the pattern of the parent meets nothing, and that is told', () => {
    const mapped = map({ sku: 'other' }, { ...mapping, pathToParent: /^a(\d+)/u })
    expect(mapped).toEqual({ kind: 'left out', by: '--path-to-parent' })
  })

  it.each([
    [{ n: 'x' }, 'invalid_value', 'column "n" is "x", which is no decimal'],
    [{ price: undefined }, 'invalid_value', 'column "price" is missing, which is no decimal'],
    [{ when: 'soon' }, 'invalid_time', 'column "when" is "soon", which is no time'],
    [{ when: undefined }, 'invalid_time', 'column "when" is missing, which is no time'],
    [{ sku: '' }, 'invalid_parent', 'column "sku" is empty'],
    [{ land: 'x'.repeat(70_000) }, 'invalid_value', expect.stringContaining('an event of 70')],
  ])('is rejected for %o as %s', (changes, code, reason) => {
    expect(map(changes)).toEqual({ kind: 'rejected', rejection: { code, reason } })
  })

  it('that could not be read is rejected with its problem', () => {
    expect(compileMapping(mapping)({ line: 2, text: '', problem: 'torn' })).toEqual({
      kind: 'rejected',
      rejection: { code: 'invalid_row', reason: 'torn' },
    })
  })

  it('has the one time of all rows where the mapping says so', () => {
    const mapped = map({ when: undefined }, { ...mapping, at: Date.UTC(2020, 0) })
    expect(mapped).toMatchObject({ event: { at: Date.UTC(2020, 0) } })
  })

  it('has each field in the form that its kind takes', () => {
    const fields = (['unique', 'distribution', 'min', 'sum'] as const).map((kind) => ({
      name: kind,
      value: parseArithmetic('price'),
      kind,
    }))
    const of = (price: string) => {
      const mapped = map({ price }, { ...mapping, fields })
      return mapped.kind === 'event' ? JSON.parse(mapped.event.json).fields : mapped
    }
    expect(of('0.50')).toEqual({ unique: ['0.50'], distribution: 0.5, min: 0.5, sum: '0.5' })
    expect(of('007')).toEqual({ unique: ['007'], distribution: 7, min: 7, sum: 7 })
    expect(of('x')).toMatchObject({ rejection: { code: 'invalid_value' } })
    const people = (sku: string) => map({ price: sku }, { ...mapping, fields: fields.slice(0, 1) })
    expect(people('a "b"')).toMatchObject({ event: { json: expect.stringContaining('["a \\"b\\""]') } })
    expect(people('')).toMatchObject({ event: { json: expect.stringContaining('"unique":[]') } })
  })
})
