import { createTracker } from '@trackable/sdk'
import type { datasets } from '../../trackable.config.ts'
import { countClicks } from './clicks.ts'
import { showCounts } from './counts.ts'
import { countImpressions } from './impressions.ts'

declare module '@trackable/sdk' {
  interface Register {
    datasets: typeof datasets
  }
}

const { collector = '', key = '' } = document.body.dataset
const tracker = createTracker({ endpoint: collector, key })

countImpressions((slug) => tracker.increment('article', slug, 'impressions'))
countClicks((slug) => tracker.increment('article', slug, 'clickThroughs'))
showCounts(collector, key)
