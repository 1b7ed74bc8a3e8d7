import { counter, defineConfig, defineDataset } from '@trackable/dataset'

export const article = defineDataset('article', {
  label: 'Articles',
  parent: 'text',
  fields: {
    impressions: counter({ label: 'Impressions' }),
    clickThroughs: counter({ label: 'Click-throughs' }),
  },
  series: { grains: ['hour', 'day'], zone: 'Europe/Berlin' },
  public: { write: ['impressions', 'clickThroughs'], read: ['impressions', 'clickThroughs'] },
})

export const datasets = [article] as const

export default defineConfig({ datasets })
