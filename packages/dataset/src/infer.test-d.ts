import { expectTypeOf } from 'vitest'
import { defineConfig } from './config.ts'
import { defineDataset } from './dataset.ts'
import { counter, custom, distribution, last, max, min, sum, unique } from './field.ts'
import type {
  AdditiveField,
  DatasetName,
  DatasetOf,
  DistributionRow,
  FieldName,
  InferDimensions,
  InferFields,
  InferRow,
  ParentOf,
} from './infer.ts'

const article = defineDataset('article', {
  parent: 'uuid',
  fields: { impressions: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: {}, referrer: { maxLength: 200 } },
  series: { grains: ['hour', 'day'], keep: { hour: '90d' } },
  public: { write: ['impressions'], read: ['revenue'] },
})
const link = defineDataset('link', { parent: 'bigint', fields: { clicks: counter() } })
const datasets = [article, link] as const
type Datasets = typeof datasets

// The names of a definition become its types.
expectTypeOf<DatasetName<Datasets>>().toEqualTypeOf<'article' | 'link'>()
expectTypeOf<DatasetOf<Datasets, 'link'>>().toEqualTypeOf<typeof link>()
expectTypeOf<FieldName<typeof article>>().toEqualTypeOf<'impressions' | 'revenue'>()
expectTypeOf<AdditiveField<typeof article>>().toEqualTypeOf<'impressions' | 'revenue'>()
expectTypeOf<InferFields<typeof article>>().toEqualTypeOf<{
  impressions?: number
  revenue?: number | string
}>()
expectTypeOf<InferDimensions<typeof article>>().toEqualTypeOf<{ country?: string; referrer?: string }>()
expectTypeOf<keyof InferDimensions<typeof link>>().toEqualTypeOf<never>()
expectTypeOf<InferRow<typeof link>>().toMatchTypeOf<{ parent: string; clicks: number }>()
expectTypeOf<ParentOf<typeof article>>().toEqualTypeOf<string>()
expectTypeOf<ParentOf<typeof link>>().toEqualTypeOf<string | number | bigint>()
expectTypeOf(article.name).toEqualTypeOf<'article'>()
expectTypeOf<NonNullable<(typeof article)['series']>['grains']>().toEqualTypeOf<readonly ('hour' | 'day')[]>()

// Each kind of field has inputs and results of its own.
const every = defineDataset('every', {
  fields: {
    hits: counter(),
    fastest: min(),
    slowest: max(),
    price: last(),
    readers: unique({ label: 'Readers' }),
    visitors: unique({ of: 'visitor' }),
    seconds: distribution(),
    words: custom({
      empty: () => [] as string[],
      add: (state, word: { text: string }) => [...state, word.text],
      merge: (a, b) => [...a, ...b],
      result: (state) => state.join(' '),
      input: (value) => value as { text: string },
    }),
  },
})
expectTypeOf<InferFields<typeof every>>().toEqualTypeOf<{
  hits?: number
  fastest?: number
  slowest?: number
  price?: number
  readers?: readonly string[]
  seconds?: number
  words?: { text: string }
}>()
expectTypeOf<AdditiveField<typeof every>>().toEqualTypeOf<'hits'>()
expectTypeOf<InferRow<typeof every>['price']>().toEqualTypeOf<number | null>()
expectTypeOf<InferRow<typeof every>['visitors']>().toEqualTypeOf<number>()
expectTypeOf<InferRow<typeof every>['seconds']>().toEqualTypeOf<DistributionRow>()
expectTypeOf<InferRow<typeof every>['words']>().toEqualTypeOf<string>()

// A configuration keeps them.
expectTypeOf<DatasetName<(typeof config)['datasets']>>().toEqualTypeOf<'article' | 'link'>()
const config = defineConfig({ datasets })

// What is not declared does not compile.
const fields = { hits: counter() }
// @ts-expect-error no such field
defineDataset('a', { fields, public: { write: ['clicks'] } })
// @ts-expect-error no such field
defineDataset('a', { fields, display: ['clicks'] })
// @ts-expect-error no such grain
defineDataset('a', { fields, series: { grains: ['decade'] } })
// @ts-expect-error a grain that is not kept
defineDataset('a', { fields, series: { grains: ['day'], keep: { hour: '1d' } } })
// @ts-expect-error no such type of parent
defineDataset('a', { fields, parent: 'int' })
// @ts-expect-error no such option
defineDataset('a', { fields, zone: 'UTC' })
// @ts-expect-error a sum needs its scale
sum({ label: 'Revenue' })
// @ts-expect-error a configuration is made of datasets
defineConfig({ datasets: [fields] })
// @ts-expect-error a dataset cannot be changed
article.public.write = []
