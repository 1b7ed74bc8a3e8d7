import type { AnyDataset } from '@trackable/dataset'
import { ask, askLines } from './ask.ts'
import { startLive } from './live.ts'
import type { Reader } from './types.ts'

// The collector's limit, and one that every server on the way takes in an address.
const MOST_PARENTS = 500
const LONGEST_QUERY = 6_000

/** Options of `createReader`. */
export interface ReaderOptions {
  /** Where the collector is, such as `https://stats.example.com`. */
  endpoint: string
  /** A secret key; a write key reads what is in `public.read`. */
  key: string
  /**
   * With `string`, counters and sums are text with all their digits. Left out, they are numbers, which are exact up
   * to 2^53.
   */
  bigint?: 'string'
}

/**
 * Creates the reader of a collector.
 * @example
 * const reader = createReader<typeof datasets>({ endpoint: 'https://stats.example.com', key: process.env.SECRET_KEY })
 * const rows = await reader.totals('article', ids, { fields: ['impressions'] })
 */
export function createReader<Datasets extends readonly AnyDataset[] | undefined = undefined>(
  options: ReaderOptions & { bigint: 'string' },
): Reader<Datasets, string>
export function createReader<Datasets extends readonly AnyDataset[] | undefined = undefined>(
  options: ReaderOptions,
): Reader<Datasets, number>
export function createReader(options: ReaderOptions): Reader<undefined> {
  const { bigint } = options
  const below = (dataset: string, what: string) => `datasets/${encodeURIComponent(dataset)}/${what}`
  return {
    datasets: async () => (await ask(options, 'datasets')).datasets,
    async totals(dataset, parents, asked) {
      const rows = []
      for (const parent of chunks(parents.map(String))) {
        rows.push(...(await ask(options, below(dataset, 'totals'), { parent, ...asked, bigint })).rows)
      }
      return rows
    },
    series: (dataset, asked) => ask(options, below(dataset, 'series'), { ...asked, bigint }),
    top: (dataset, asked) => ask(options, below(dataset, 'top'), { ...asked, bigint }),
    live: (dataset, onRows, onError) => startLive(options, { dataset, bigint }, onRows, onError),
    async *export(dataset, asked) {
      const path = `export/${encodeURIComponent(dataset)}`
      for await (const line of askLines(options, path, { ...asked, format: 'ndjson', bigint })) {
        if (line) yield JSON.parse(line)
      }
    },
  }
}

/** Parts of a list that fit one request each. */
function* chunks(parents: string[]): Iterable<string[]> {
  let chunk: string[] = []
  let length = 0
  for (const parent of parents) {
    const more = encodeURIComponent(parent).length + 8
    if (chunk.length === MOST_PARENTS || (chunk.length > 0 && length + more > LONGEST_QUERY)) {
      yield chunk
      chunk = []
      length = 0
    }
    chunk.push(parent)
    length += more
  }
  if (chunk.length > 0) yield chunk
}
