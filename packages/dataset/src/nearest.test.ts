import { describe, expect, it } from 'vitest'
import { nearest, suggestion } from './nearest.ts'

const allowed = ['impressions', 'clickThroughs', 'revenue']

describe('the nearest name', () => {
  it.each([
    ['impresions', 'impressions'],
    ['IMPRESSIONS', 'impressions'],
    ['clickthrough', 'clickThroughs'],
    ['revnue', 'revenue'],
  ])('to "%s" is "%s"', (wrong, right) => {
    expect(nearest(wrong, allowed)).toBe(right)
  })

  it('is none where no name is close', () => {
    expect(nearest('country', allowed)).toBeUndefined()
    expect(nearest('x'.repeat(100_000), allowed)).toBeUndefined()
    expect(nearest('anything', [])).toBeUndefined()
  })
})

describe('a suggestion', () => {
  it('asks for the near name, or lists what is allowed', () => {
    expect(suggestion('revnue', allowed)).toBe('did you mean "revenue"?')
    expect(suggestion('country', allowed)).toBe('allowed: impressions, clickThroughs, revenue')
    expect(suggestion('country', [])).toBe('none is declared')
  })

  it('stays short where many names are allowed', () => {
    const many = Array.from({ length: 500 }, (_, index) => `country${index}`)
    expect(suggestion('zzz', many).length).toBeLessThan(300)
  })
})
