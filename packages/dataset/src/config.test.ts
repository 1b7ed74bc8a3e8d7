import { describe, expect, it } from 'vitest'
import { defineConfig } from './config.ts'
import { defineDataset } from './dataset.ts'
import { DefinitionError } from './error.ts'
import { counter } from './field.ts'

const fields = { hits: counter() }
const article = defineDataset('article', { fields })
const articleShares = defineDataset('articleShares', { of: 'article', fields })
const product = defineDataset('product', { fields })
const config = defineConfig({ datasets: [article, articleShares, product] })

function refusal(act: () => unknown): DefinitionError {
  try {
    act()
  } catch (error) {
    if (error instanceof DefinitionError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a configuration', () => {
  it('finds a dataset by its name', () => {
    expect(config.dataset('product')).toBe(product)
  })

  it('lists the datasets on one kind of parent, the first declared first', () => {
    expect(config.datasetsOf('article')).toEqual([article, articleShares])
    expect(config.datasetsOf('nothing')).toEqual([])
  })

  it('names the nearest dataset for one that is not there', () => {
    const error = refusal(() => config.dataset('articel'))
    expect(error).toMatchObject({ code: 'unknown_dataset', dataset: 'articel' })
    expect(error.message).toBe('dataset "articel": no such dataset; did you mean "article"?')
    expect(refusal(() => config.dataset('constructor')).code).toBe('unknown_dataset')
  })

  it('refuses a name that is declared twice', () => {
    expect(refusal(() => defineConfig({ datasets: [article, product, article] }))).toMatchObject({
      code: 'duplicate_dataset',
      dataset: 'article',
      path: 'datasets[2]',
    })
  })

  it('refuses two names whose tables would be one, also a table that is not there yet', () => {
    const clash = defineDataset('articleByDay', { fields })
    expect(refusal(() => defineConfig({ datasets: [article, clash] }))).toMatchObject({
      code: 'duplicate_dataset',
      dataset: 'articleByDay',
      reason: 'its table "article_by_day" is one of dataset "article" too; choose another name',
    })
    const nested = defineDataset('articleByDimensions', { fields })
    expect(refusal(() => defineConfig({ datasets: [nested, article] })).dataset).toBe('article')
  })

  it.each([
    [undefined, 'datasets'],
    [{}, 'datasets'],
    [{ datasets: [] }, 'datasets'],
    [{ datasets: article }, 'datasets'],
    [{ datasets: [article, { name: 'plain', fields }] }, 'datasets[1]'],
    [{ datasets: [undefined] }, 'datasets[0]'],
  ])('refuses %j', (definition, path) => {
    expect(refusal(() => defineConfig(definition as never))).toMatchObject({
      code: 'invalid_definition',
      path,
    })
  })
})
