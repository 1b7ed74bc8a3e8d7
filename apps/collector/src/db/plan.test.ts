import { counter, type Dataset, defineDataset, distribution, max, min, sum, unique } from '@trackable/dataset'
import { describe, expect, test } from 'vitest'
import { planMigration } from './plan.ts'

const base = {
  fields: { impressions: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: {} },
  series: { grains: ['day'] as const, zone: 'UTC' },
}
const article = defineDataset('article', base)

/** The steps that change tables, and what they would lose. */
function changes(before: Dataset[], after: Dataset[]) {
  return plan(before, after)
    .filter(({ title }) => /^(create|drop|add|build|take|rank|keep)/.test(title))
    .map(({ title, loses }) => (loses ? `${title}: ${loses.what}` : title))
}

function plan(before: Dataset[], after: Dataset[]) {
  const past = { definitions: before, since: new Map() }
  return planMigration('trackable', past, after, new Date('2026-03-01T00:00:00Z'))
}

describe('the plan of a migration', () => {
  test('creates the tables of a new dataset', () => {
    expect(changes([], [article])).toEqual([
      'create table article',
      'create table article_by_day',
      'create table article_by_dimensions',
    ])
  })

  test('changes nothing for labels, keys and limits', () => {
    const labelled = defineDataset('article', {
      ...base,
      label: 'Articles',
      public: { write: ['impressions'] },
    })
    expect(changes([article], [labelled])).toEqual([])
  })

  test('adds a field, a dimension and a grain without loss', () => {
    const wider = defineDataset('article', {
      fields: { ...base.fields, likes: counter() },
      dimensions: { country: {}, deviceKind: {} },
      series: { grains: ['day', 'month'], zone: 'UTC' },
    })
    expect(changes([article], [wider])).toEqual([
      'add field likes to article',
      'add dimension deviceKind to article_by_day',
      'build the key of article_by_day with deviceKind',
      'take the key of article_by_day with deviceKind',
      'add field likes to article_by_day',
      'add dimension deviceKind to article_by_dimensions',
      'build the key of article_by_dimensions with deviceKind',
      'take the key of article_by_dimensions with deviceKind',
      'add field likes to article_by_dimensions',
      'create table article_by_month',
    ])
  })

  test('ranks the totals by the fields that say so, and drops the indexes that were made unasked', () => {
    const fields = Object.fromEntries('abcdef'.split('').map((name) => [name, counter()]))
    const all = defineDataset('article', { ...base, fields })
    const some = defineDataset('article', { ...base, fields, ranked: ['f', 'a'] })
    expect(plan([], [all])[1]!.sql.filter((text) => text.includes('create index'))).toHaveLength(2)
    expect(changes([all], [some])).toEqual(['rank article by f', 'rank article no longer by b'])
    // As definitions were stored that did not say it: the first four that are displayed had an index.
    const { ranked, ...unsaid }: Dataset = all
    expect(changes([unsaid as Dataset], [some])).toEqual([
      'rank article by f',
      'rank article no longer by b',
      'rank article no longer by c',
      'rank article no longer by d',
    ])
  })

  test('ranks by how many values a unique has seen, and renews what another kind of field was ranked by', () => {
    const of = (fields: Dataset['fields']) => defineDataset('page', { fields })
    expect(plan([], [of({ who: unique() })])[1]!.sql[1]).toContain('("who_count" desc, "parent")')
    const phases = (before: Dataset, after: Dataset) =>
      plan([before], [after])
        .filter(({ title }) => /^(drop|add|rank)/.test(title))
        .map(({ title, phase }) => `${phase}: ${title}`)
    expect(phases(of({ who: counter() }), of({ who: unique() }))).toEqual([
      'contract: drop column page.who',
      'contract: add field who to page',
      'contract: rank page by who_count',
      'contract: rank page no longer by who',
    ])
    // The counter takes the name of a column that the distribution had beside its own.
    expect(phases(of({ wait: distribution() }), of({ waitCount: counter() }))).toEqual([
      'contract: drop column page.wait',
      'contract: add field waitCount to page',
      'contract: rank page by wait_count',
    ])
  })

  test('says which buckets go where they are to be kept for less time', () => {
    const kept = (day?: string) =>
      defineDataset('article', { ...base, series: { grains: ['day'], ...(day ? { keep: { day } } : {}) } })
    expect(changes([kept()], [kept('90d')])).toEqual([
      'keep article_by_day for 90d: article_by_day is kept for 90d, before for ever: older buckets',
    ])
    expect(changes([kept('90d')], [kept('30d')])).toHaveLength(1)
    expect(changes([kept('30d')], [kept('90d')])).toEqual([])
    expect(changes([kept('30d')], [kept()])).toEqual([])
  })

  test('leaves the fold of the old definitions beside the new one only where it adds the same', () => {
    const folds = (after: Dataset[]) => {
      const renewed = plan([article], after).at(-1)!.sql
      return renewed.filter((text) => /^create or replace function "trackable"."_fold_article_/.test(text))
    }
    expect(folds([article])).toHaveLength(3)
    expect(
      folds([defineDataset('article', { ...base, fields: { ...base.fields, likes: counter() } })]),
    ).toHaveLength(6)
    expect(folds([defineDataset('article', { ...base, fields: { impressions: counter() } })])).toHaveLength(3)
    const elsewhere = defineDataset('article', { ...base, series: { grains: ['day'], zone: 'Asia/Tokyo' } })
    const kinds = [min(), max()].map((low) => defineDataset('article', { ...base, fields: { low } }))
    const [lowest, largest] = kinds.map((kind) => plan([], [kind]).at(-1)!.sql.at(-1)!) as [string, string]
    const nameOf = (text: string) => /_fold_article\w+/.exec(text)![0]
    expect(nameOf(lowest)).not.toBe(nameOf(largest))
    // Totals mean the same in every zone.
    expect(folds([elsewhere])).toHaveLength(3)
    expect(folds([elsewhere]).some((text) => folds([article]).includes(text))).toBe(true)
    expect(folds([elsewhere]).every((text) => folds([article]).includes(text))).toBe(false)
  })

  test('says what goes with a field, a dimension, a grain, a dataset, another zone and another parent', () => {
    const losses = (after: Dataset[]) => changes([article], after).filter((step) => step.includes(': '))
    expect(losses([])).toHaveLength(3)
    expect(losses([defineDataset('article', { ...base, fields: { impressions: counter() } })])[0]).toBe(
      'drop column article.revenue: field revenue is no longer declared: every value of article.revenue',
    )
    expect(losses([defineDataset('article', { ...base, dimensions: {} })])).toHaveLength(2)
    expect(
      losses([defineDataset('article', { ...base, series: { grains: ['hour'], zone: 'UTC' } })]),
    ).toHaveLength(1)
    expect(
      losses([defineDataset('article', { ...base, series: { grains: ['day'], zone: 'Asia/Kathmandu' } })]),
    ).toEqual([
      'drop table article_by_day: the zone of article_by_day changes from UTC to Asia/Kathmandu: every row of article_by_day',
    ])
    expect(losses([defineDataset('article', { ...base, parent: 'uuid' })])).toHaveLength(3)
  })
})
