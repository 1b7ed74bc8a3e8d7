import { describe, expect, it } from 'vitest'
import { asksForPrivacy, isPrefetch } from './index.ts'

const of = (headers: Record<string, string>) => (name: string) => headers[name]

describe('a request', () => {
  it.each([
    ['sec-purpose', 'prefetch'],
    ['sec-purpose', 'prefetch;prerender'],
    ['purpose', 'prefetch'],
    ['x-purpose', 'preview'],
    ['x-moz', 'prefetch'],
  ])('with %s: %s is made ahead of its user', (name, value) => {
    expect(isPrefetch(of({ [name]: value }))).toBe(true)
  })

  it('is made ahead of its user whichever of the headers says so', () => {
    expect(isPrefetch(of({ 'sec-purpose': '', purpose: 'prefetch' }))).toBe(true)
    expect(isPrefetch(of({ 'sec-purpose': 'something-new', 'x-moz': 'prefetch' }))).toBe(true)
  })

  it('with none of them, or another purpose, is of its user', () => {
    expect(isPrefetch(of({}))).toBe(false)
    expect(isPrefetch(of({ purpose: 'navigation' }))).toBe(false)
  })

  it('asks for privacy by Global Privacy Control or Do Not Track, and only by 1', () => {
    expect(asksForPrivacy(of({ 'sec-gpc': '1' }))).toBe(true)
    expect(asksForPrivacy(of({ dnt: '1' }))).toBe(true)
    expect(asksForPrivacy(of({ dnt: '0', 'sec-gpc': '?0' }))).toBe(false)
    expect(asksForPrivacy(of({}))).toBe(false)
  })
})
