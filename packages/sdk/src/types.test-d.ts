import { counter, defineDataset, sum } from '@trackable/dataset'
import type { Tracker } from './types.ts'

const article = defineDataset('article', {
  parent: 'uuid',
  fields: { impressions: counter(), clickThroughs: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: {} },
})
const product = defineDataset('product', { parent: 'bigint', fields: { views: counter() } })
const datasets = [article, product] as const
declare const tracker: Tracker<typeof datasets>
tracker.increment('artcle', 'a', 'impressions')
tracker.increment('article', 'a', 'impresions')
tracker.increment('article', 5, 'impressions')
tracker.increment('product', 5, 'impressions')
tracker.record('article', 'a', { impresions: 5 })
tracker.record('article', 'a', { impressions: 'x' })
tracker.record('article', 'a', { impressions: 1 }, { dimensions: { county: 'DE' } })
tracker.record('product', 1, { views: 1 }, { dimensions: { county: 'DE' } })
tracker.increment('article', 'a', 'impressions', '5')
declare const plain: Tracker
plain.increment('x', 1n, 'y')
