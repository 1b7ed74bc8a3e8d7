import { counter, defineDataset, sum } from '@trackable/dataset'
import { expectTypeOf } from 'vitest'
import { createTracker } from './browser.ts'
import type { Tracker } from './types.ts'

const article = defineDataset('article', {
  parent: 'uuid',
  fields: { impressions: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: { maxLength: 2 } },
})
const product = defineDataset('product', { parent: 'bigint', fields: { views: counter() } })
const datasets = [article, product] as const

const tracker = createTracker<typeof datasets>({ endpoint: 'https://stats.example.com', key: 'pk_1' })
expectTypeOf(tracker).toEqualTypeOf<Tracker<typeof datasets>>()

tracker.increment('article', 'a', 'impressions')
tracker.decrement('article', 'a', 'impressions', 2)
tracker.increment('article', 'a', 'revenue', -0.5)
tracker.increment('product', 5n, 'views')
tracker.record(
  'article',
  'a',
  { impressions: 1, revenue: '0.10' },
  { dimensions: { country: 'DE' }, at: new Date() },
)
tracker.record('product', 5, {})

// @ts-expect-error no such dataset
tracker.increment('artcle', 'a', 'impressions')
// @ts-expect-error no such field
tracker.increment('article', 'a', 'impresions')
// @ts-expect-error a field of another dataset
tracker.increment('product', 5, 'impressions')
// @ts-expect-error a uuid is text
tracker.increment('article', 5, 'impressions')
// @ts-expect-error a step is a number
tracker.increment('article', 'a', 'impressions', '5')
// @ts-expect-error no such field
tracker.record('article', 'a', { impresions: 5 })
// @ts-expect-error a counter takes a number
tracker.record('article', 'a', { impressions: 'x' })
// @ts-expect-error no such dimension
tracker.record('article', 'a', { impressions: 1 }, { dimensions: { county: 'DE' } })
// @ts-expect-error a dataset without dimensions
tracker.record('product', 5, { views: 1 }, { dimensions: { country: 'DE' } })
// @ts-expect-error a time is a Date
tracker.record('article', 'a', { impressions: 1 }, { at: '2026-11-24' })

// Without datasets every name is text.
const plain = createTracker({ endpoint: '', key: () => Promise.resolve('pk_1') })
expectTypeOf(plain.increment).parameter(0).toEqualTypeOf<string>()
plain.increment('anything', 1n, 'anyField')
plain.record('anything', 'x', { readers: ['v1'] }, { dimensions: { anyDimension: 'x' } })
