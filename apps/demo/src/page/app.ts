import { createTracker } from '@trackable/sdk'
import { captureClicks, captureImpressions } from '@trackable/sdk/capture'
import type { datasets } from '../../trackable.config.ts'
import { showCounts } from './counts.ts'

declare module '@trackable/sdk' {
  interface Register {
    datasets: typeof datasets
  }
}

const { collector = '', key = '' } = document.body.dataset
createTracker({ endpoint: collector, key })
// Which element counts what stands in its attributes.
captureImpressions()
captureClicks()
showCounts(collector, key)
