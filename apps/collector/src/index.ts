export { type CollectorOptions, createCollector } from './collector.ts'
export type { Collector } from './open/open-collector.ts'
