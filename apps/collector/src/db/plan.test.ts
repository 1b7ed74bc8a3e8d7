import { counter, type Dataset, defineDataset, sum } from '@trackable/dataset'
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
  return planMigration('trackable', before, after)
    .filter(({ title }) => /^(create|drop|add)/.test(title))
    .map(({ title, loses }) => (loses ? `${title}: ${loses}` : title))
}

describe('the plan of a migration', () => {
  test('creates the tables of a new dataset', () => {
    expect(changes([], [article])).toEqual([
      'create table article',
      'create table article_by_dimensions',
      'create table article_by_day',
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
      'add dimension deviceKind to article_by_dimensions',
      'add field likes to article_by_dimensions',
      'add dimension deviceKind to article_by_day',
      'add field likes to article_by_day',
      'create table article_by_month',
    ])
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
