import { counter, type Dataset, defineDataset, sum, unique } from '@trackable/dataset'
import { describe, expect, it } from 'vitest'
import { parseArithmetic } from '../expression/parse.ts'
import type { Mapping } from '../mapping/mapping.ts'
import { expectedReject, resolveNames } from './definition.ts'

const define = (parent: 'text' | 'uuid' | 'bigint') =>
  defineDataset('purchase', {
    parent,
    fields: { orders: counter(), revenue: sum({ scale: 2 }) },
    dimensions: { country: { maxLength: 2 } },
  }) as unknown as Dataset
const codeOf = (event: object, parent: 'text' | 'uuid' | 'bigint' = 'text') =>
  expectedReject(JSON.stringify({ parent: 'a', fields: { orders: 1 }, ...event }), define(parent))?.code

describe('an event that the collector once rejected', () => {
  it.each([
    ['text', '漢'.repeat(200), undefined],
    ['text', 'x'.repeat(201), 'invalid_parent'],
    ['text', 'a\u0000', 'invalid_parent'],
    ['uuid', '0A0B0C0D-0000-0000-0000-000000000000', undefined],
    ['uuid', '42', 'invalid_parent'],
    ['bigint', '-9223372036854775808', undefined],
    ['bigint', '9223372036854775808', 'invalid_parent'],
    ['bigint', '17850.0', 'invalid_parent'],
  ] as const)('is known by its %s parent %o', (type, parent, code) => {
    expect(codeOf({ parent }, type)).toBe(code)
  })

  it.each([
    [{ fields: { orders: '9223372036854775807' } }, undefined],
    [{ fields: { orders: '1.5' } }, 'invalid_value'],
    [{ fields: { orders: '9223372036854775808' } }, 'invalid_value'],
    [{ fields: { revenue: '1.25' } }, undefined],
    [{ fields: { revenue: '1.255' } }, 'invalid_value'],
    [{ dimensions: { country: '👍👍' } }, undefined],
    [{ dimensions: { country: '(other)' } }, undefined],
    [{ dimensions: { country: 'abc' } }, 'invalid_value'],
  ])('is known by its values %o', (event, code) => {
    expect(codeOf(event)).toBe(code)
  })
})

describe('what a mapping means to a definition', () => {
  const page = defineDataset('page', {
    fields: { views: counter(), readers: unique(), visitors: unique({ of: 'visitor' }) },
  }) as unknown as Dataset
  const resolve = (...fields: string[]) => {
    const mapped = fields.map((field) => {
      const [name = '', expression = ''] = field.split('=')
      return { name, value: parseArithmetic(expression) }
    })
    return resolveNames({ dataset: 'page', fields: mapped, dimensions: [] } as unknown as Mapping, [page])
  }

  it('is the kind of each of its fields', () => {
    expect(resolve('views=1', 'readers=id').mapping.fields.map(({ kind }) => kind)).toEqual([
      'counter',
      'unique',
    ])
  })

  it('is refused for distinct values that are no column, and for visitors, all at once', () => {
    expect(() => resolve('readers=id*2', 'visitors=id', 'vews=1')).toThrow(
      /"readers" counts distinct values; expected readers=COLUMN[\s\S]*"visitors" counts who sends[\s\S]*did you mean "views"/,
    )
  })
})
