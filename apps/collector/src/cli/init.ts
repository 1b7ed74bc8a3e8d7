import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { CommandError } from './admin.ts'
import { print } from './print.ts'

const CONFIG = `import { counter, defineConfig, defineDataset } from '@trackable/dataset'

export const article = defineDataset('article', {
  fields: {
    impressions: counter(),
    clickThroughs: counter({ label: 'Click-throughs' }),
  },
  series: { grains: ['hour', 'day'], zone: 'Europe/Berlin', keep: { hour: '90d' } },
  public: { write: ['impressions', 'clickThroughs'], read: ['impressions', 'clickThroughs'] },
})

export const datasets = [article] as const
export default defineConfig({ datasets })
`

/** Writes a configuration to start from. */
export function init(): void {
  const file = resolve('trackable.config.ts')
  try {
    writeFileSync(file, CONFIG, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new CommandError(`${file} is there already; it was left as it is`)
    }
    throw error
  }
  print(`wrote ${file}\nnext: trackable serve`)
}
