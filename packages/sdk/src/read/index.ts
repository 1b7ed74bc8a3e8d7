export { TrackerError } from '../error.ts'
export { createReader, type ReaderOptions } from './reader.ts'
export type {
  Reader,
  SeriesAnswer,
  SeriesOptions,
  SpanOptions,
  TopAnswer,
  TopOptions,
  TotalsOptions,
} from './types.ts'
